import type { Sealer } from '@posthorn/core';
import {
  connect,
  describeDatabase,
  matchesEncryptionKey,
  inspectDatabase,
  type MigrationReport,
  type Pool,
} from '@posthorn/database';
import { checkClock } from './check-clock.js';
import { error, type Finding, ok, errorMessage, warning } from './finding.js';

const OLDEST = 150_000;

/** Longest that a statement may take. */
const TIMEOUT_MS = 5000;

export async function checkDatabase(url: string, sealer: Sealer | null): Promise<Finding[]> {
  const database = connect({
    url,
    applicationName: 'posthorn doctor',
    max: 1,
    statementTimeoutMs: TIMEOUT_MS,
  });
  try {
    const { version, versionNumber, migrations, clockOffsetMs } = await inspectDatabase(database.pool);
    return [
      versionNumber >= OLDEST
        ? ok('PostgreSQL', `${version} at ${describeDatabase(url)}`)
        : error('PostgreSQL', `${version} at ${describeDatabase(url)} is too old`, 'It takes 15 or newer.'),
      checkMigrations(migrations),
      checkClock('PostgreSQL', clockOffsetMs),
      ...(sealer && migrations.pending.length === 0 ? [await checkKey(database.pool, sealer)] : []),
    ];
  } catch (failure) {
    const message = `${describeDatabase(url)} does not answer: ${errorMessage(failure)}`;
    return [error('PostgreSQL', message, 'Is DATABASE_URL right, and does the server let this machine in?')];
  } finally {
    await database.stop();
  }
}

function checkMigrations({ pending, unknown, invalid }: MigrationReport): Finding {
  const check = 'migrations';
  if (invalid.length > 0) return error(check, `do not fit: ${invalid.join(', ')}`, 'See docs/operations.md.');
  if (pending.length > 0)
    return error(
      check,
      `not applied: ${pending.join(', ')}`,
      'posthorn migrate, or start any process of this version.',
    );
  if (unknown.length > 0)
    return warning(check, `of a newer version: ${unknown.join(', ')}`, 'Upgrade this command line, too.');
  return ok(check, 'up to date');
}

async function checkKey(pool: Pool, sealer: Sealer): Promise<Finding> {
  const check = 'encryption key';
  const fits = await matchesEncryptionKey(pool, sealer);
  if (fits === null) return ok(check, 'no process has set one up yet: the first does');
  if (fits) return ok(check, 'is that of this database');
  return error(
    check,
    'is not that of this database: no secret can be opened',
    'POSTHORN_ENCRYPTION_KEY must be the one that the database was set up with.',
  );
}
