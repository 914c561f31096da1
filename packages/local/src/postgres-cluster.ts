import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Account } from './supervised-server.js';
import type { PostgresHome } from './postgres-home.js';
import { StartError } from './start-error.js';

export const DATABASE = 'posthorn';

/** The environment of PostgreSQL's programs. It hides variables such as PGDATA from them. */
export const POSTGRES_ENV = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };

interface ClusterOptions {
  home: PostgresHome;
  account: Account | undefined;
  password: string;
  /** Whether the data must survive a power failure. */
  durable: boolean;
}

/** Creates the cluster with the role and the database, unless it exists. It is created in a temporary folder, then renamed. */
export function ensureCluster({ home, account, password, durable }: ClusterOptions): void {
  if (existsSync(path.join(home.cluster, 'PG_VERSION'))) return;
  const draft = `${home.cluster}-unfinished`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  if (account) chownSync(draft, account.uid, account.gid);

  const initdb = [
    '-D',
    draft,
    '-U',
    DATABASE,
    '--auth-local=peer',
    '--auth-host=scram-sha-256',
    '-E',
    'UTF8',
  ];
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const sync = durable ? [] : ['--no-sync'];
  run(home.initdb, { args: [...initdb, ...locale, ...sync], account });
  run(home.postgres, {
    args: ['--single', '-D', draft, 'postgres'],
    account,
    input: `ALTER ROLE ${DATABASE} PASSWORD '${password}'\nCREATE DATABASE ${DATABASE}\n`,
  });
  renameSync(draft, home.cluster);
}

/**
 * Removes the postmaster.pid of a killed server if another program has its pid, which is likely in a new container. The server
 * would not start with it.
 */
export function removeStalePidFile(cluster: string): void {
  const file = path.join(cluster, 'postmaster.pid');
  const pid = readPostmasterFile(cluster)?.pid;
  if (pid !== undefined && isOtherProgram(pid)) rmSync(file, { force: true });
}

/** Reads postmaster.pid: line 1 is the pid, line 8 the state. */
export function readPostmasterFile(cluster: string): { pid: number; state: string } | undefined {
  try {
    const lines = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), state: (lines[7] ?? '').trim() };
  } catch {
    return undefined;
  }
}

function isOtherProgram(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}

interface Run {
  args: string[];
  account: Account | undefined;
  input?: string;
}

function run(file: string, { args, account, input }: Run): void {
  const done = spawnSync(file, args, { ...account, env: POSTGRES_ENV, input, encoding: 'utf8', cwd: '/' });
  if (done.status === 0) return;
  const reason = done.error?.message ?? reasonIn(done.stderr);
  throw new StartError(`could not create the PostgreSQL cluster (${path.basename(file)}): ${reason}`);
}

/** Returns the first error that a program of PostgreSQL printed. Lines about its context and clean-up follow. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const line = lines.find((text) => /\b(?:error|ERROR|FATAL|PANIC):/.test(text)) ?? lines.at(-1) ?? '';
  // Without the time and the pid.
  return line.replace(/^.*? \[\d+\] /, '');
}
