import { appendFile, chown, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import { type Stack, startStack } from '@posthorn/local';
import { type CuttableProxy, eventually, startCuttableProxy } from '@posthorn/testkit';
import { baseBackup, restore } from './base-backup.js';

/** An asynchronous replica of the PostgreSQL of a stack. */
export interface Replica {
  /** Its server, and a Redis. */
  stack: Stack;
  /** The connection that it replicates through. */
  replication: CuttableProxy;
  /** Resolves when it has applied everything that the primary has committed. */
  catchUp(): Promise<void>;
  /** Makes it the primary. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a hot standby of `primary` from a base backup. `folder` is an empty folder that PostgreSQL can enter. */
export async function startReplica(primary: Stack, folder: string): Promise<Replica> {
  const dataDir = path.join(folder, 'replica');
  await baseBackup(primary, path.join(folder, 'backup'));
  await restore(path.join(folder, 'backup'), primary.dataDir, dataDir);
  const replication = await startCuttableProxy(primary.databaseUrl);
  const cluster = path.join(dataDir, 'postgres');
  await follow(cluster, replication.url);
  const stack = await startStack({ ephemeral: true, dataDir, services: false });
  return {
    stack,
    replication,
    async catchUp() {
      const applied = `SELECT replay_lsn >= $1 AS value FROM pg_stat_replication`;
      const position = await query(primary, 'SELECT pg_current_wal_flush_lsn() AS value');
      await eventually(async () => expect(await query(primary, applied, position)).toBe(true));
    },
    async promote() {
      // Like pg_ctl promote.
      await writeAsOwner(path.join(cluster, 'promote'));
      stack.process('postgres').kill('SIGUSR1');
      await eventually(() => query(stack, 'SELECT 1 AS value'));
    },
    async stop() {
      await stack.stop();
      await replication.close();
    },
  };
}

/** Configures a copy of a cluster as a standby that streams from `primaryUrl`. */
async function follow(cluster: string, primaryUrl: string): Promise<void> {
  const { hostname, port, username, password } = new URL(primaryUrl);
  const source = `host=${hostname} port=${port} user=${username} password=${password}`;
  await appendFile(path.join(cluster, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
  await writeAsOwner(path.join(cluster, 'standby.signal'));
}

/** Creates an empty file in a cluster, for the account of PostgreSQL, which may remove it at once. */
async function writeAsOwner(file: string): Promise<void> {
  const unfinished = `${file}.unfinished`;
  await writeFile(unfinished, '', { mode: 0o600 });
  const { uid, gid } = await stat(path.dirname(file));
  await chown(unfinished, uid, gid);
  await rename(unfinished, file);
}

async function query(stack: Stack, statement: string, ...values: unknown[]): Promise<unknown> {
  const { pool, stop } = connect({
    url: stack.databaseUrl,
    applicationName: 'posthorn failover test',
    max: 1,
  });
  try {
    const { rows } = await pool.query<{ value: unknown }>(statement, values);
    return rows[0]?.value;
  } finally {
    await stop();
  }
}
