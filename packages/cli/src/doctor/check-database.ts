import {
  connect,
  type Database,
  describeConnectError,
  describeDatabase,
  type Pool,
} from '@posthorn/database/connection';
import { readCertificateExpiry } from '@posthorn/database/health';
import { readRestoreFacts } from '@posthorn/database/restores';
import {
  inspectDatabase,
  type MigrationReport,
  readClockDifference,
  type RoleReport,
} from '@posthorn/database/server';
import { readInstallationId } from '@posthorn/database/settings';
import type { Sealers } from '../encryption/key-states.js';
import { checkCertificates } from './check-certificates.js';
import { checkClock } from './check-clock.js';
import { checkKeys } from './check-keys.js';
import { checkLocks } from './check-locks.js';
import { checkPayloads, type PayloadStorage } from './check-payloads.js';
import { checkReplication } from './check-replication.js';
import { checkRetention } from './check-retention.js';
import { checkHiddenRoles, checkHistory } from './check-role.js';
import { checkTokens } from './check-tokens.js';
import { error, type Finding, ok } from './finding.js';

/** PostgreSQL 15. */
const MIN_VERSION = 150_000;

const STATEMENT_TIMEOUT_MS = 5000;

const open = (url: string): Database =>
  connect({ url, applicationName: 'posthorn doctor', max: 1, statementTimeoutMs: STATEMENT_TIMEOUT_MS });

/** Returns the installation that a database belongs to, or null if that cannot be read. */
export async function installationOf(url: string): Promise<string | null> {
  const database = open(url);
  try {
    return await readInstallationId(database.pool);
  } catch {
    return null;
  } finally {
    await database.stop();
  }
}

/** The settings that are checked with the database. */
interface DatabaseSettings {
  sealers: Sealers;
  payloads: PayloadStorage;
}

export async function checkDatabase(url: string, settings: DatabaseSettings): Promise<Finding[]> {
  const database = open(url);
  try {
    const { version, versionNumber, migrations, replication, locks, role, clockOffsetMs } =
      await inspectDatabase(database.pool);
    return [
      versionNumber >= MIN_VERSION
        ? ok('PostgreSQL', `${version} at ${describeDatabase(url)}`)
        : error(
            'PostgreSQL',
            `${version} at ${describeDatabase(url)} is too old`,
            'Upgrade to PostgreSQL 15 or newer.',
          ),
      checkMigrations(migrations),
      checkReplication(replication),
      checkLocks(locks),
      checkHiddenRoles(role),
      checkClock('PostgreSQL', clockOffsetMs),
      ...(migrations.pending.length === 0 ? await checkSettings(database.pool, role, settings) : []),
    ];
  } catch (failure) {
    const message = `Cannot connect to ${describeDatabase(url)}: ${describeConnectError(failure)}`;
    return [error('PostgreSQL', message, 'Check DATABASE_URL and whether the server allows this machine.')];
  } finally {
    await database.stop();
  }
}

function checkMigrations({ pending, unknown, invalid }: MigrationReport): Finding {
  const check = 'migrations';
  if (invalid.length > 0)
    return error(
      check,
      `Failed or modified: ${invalid.join(', ')}`,
      'See "Rolling upgrade" in docs/upgrade.md.',
    );
  if (pending.length > 0)
    return error(
      check,
      `Not applied: ${pending.join(', ')}`,
      'Run `posthorn migrate`, or start any service of this version.',
    );
  if (unknown.length > 0)
    return error(
      check,
      `From a newer version: ${unknown.join(', ')}; no service of this version starts`,
      'Start the newer version, or see "Roll back a release" in docs/upgrade.md.',
    );
  return ok(check, 'Up to date');
}

/** Checks what is stored in the migrated database. */
async function checkSettings(
  pool: Pool,
  role: RoleReport,
  { sealers, payloads }: DatabaseSettings,
): Promise<Finding[]> {
  const retention = checkRetention(await readClockDifference(pool));
  const { history, quarantinedAt } = await readRestoreFacts(pool);
  return [
    retention,
    checkHistory(role, history),
    checkQuarantine(quarantinedAt),
    await checkPayloads(pool, payloads),
    ...(await checkKeys(pool, sealers)),
    ...(await checkTokens(pool)),
    checkCertificates(await readCertificateExpiry(pool)),
  ];
}

function checkQuarantine(since: Date | null): Finding {
  const check = 'quarantine';
  if (since === null) return ok(check, 'The database is not quarantined');
  return error(
    check,
    `Since ${since.toISOString()}: the database was restored, and erased data may be back, so that nothing that is stored is sent`,
    'Run `posthorn erasures replay`, or `posthorn quarantine release` if nothing was erased.',
  );
}
