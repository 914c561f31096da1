import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createPool, type Pool } from 'mysql2/promise';
import { freePort } from './free-port.js';
import { requiredVariable } from './required-variable.js';

/** A MariaDB of one test file. */
export interface OwnMariadb {
  /** Creates an empty database, whose default character set cannot store every text. */
  freshDatabase(): Promise<FreshMariadb>;
  stop(): Promise<void>;
}

export interface FreshMariadb {
  url: string;
  /** Connections of an application, as root. They allow several statements at a time. */
  pool: Pool;
  drop(): Promise<void>;
}

/** Whether the programs of MariaDB are installed. */
export const hasMariadb = (): boolean => Boolean(process.env['TEST_MARIADBD']);

/**
 * Starts a MariaDB that no other test file uses.
 * @param settings such as `--ssl-cert=…`
 */
export async function startOwnMariadb(...settings: string[]): Promise<OwnMariadb> {
  const program = requiredVariable('TEST_MARIADBD');
  const folder = await mkdtemp(path.join(tmpdir(), 'posthorn-mariadb-'));
  const port = await freePort();
  const account = process.getuid?.() === 0 ? ['--user=root'] : [];
  await promisify(execFile)('mariadb-install-db', [
    '--no-defaults',
    `--datadir=${folder}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...account,
  ]);
  const flags = [
    '--no-defaults',
    `--datadir=${folder}`,
    `--socket=${folder}/mariadb.sock`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    '--innodb-flush-log-at-trx-commit=0',
    ...account,
    ...settings,
  ];
  const server = spawn(program, flags, { stdio: 'ignore' });
  const exited = once(server, 'exit');
  const root = createPool({ host: '127.0.0.1', port, user: 'root', multipleStatements: true });
  await untilReady(root);
  return {
    freshDatabase: () => freshDatabase(root, port),
    async stop() {
      await root.end();
      server.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

async function untilReady(pool: Pool): Promise<void> {
  for (;;) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function freshDatabase(root: Pool, port: number): Promise<FreshMariadb> {
  const database = `posthorn_test_${randomBytes(6).toString('hex')}`;
  await root.query(`CREATE DATABASE ${database} CHARACTER SET latin1`);
  const pool = createPool({
    host: '127.0.0.1',
    port,
    user: 'root',
    database,
    multipleStatements: true,
    timezone: 'Z',
  });
  return {
    url: `mariadb://root@127.0.0.1:${port}/${database}`,
    pool,
    async drop() {
      await pool.end();
      await root.query(`DROP DATABASE ${database}`);
    },
  };
}
