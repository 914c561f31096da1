import { appendFile, chown, realpath, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { connect } from '@posthorn/database';
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
  await follow(path.join(dataDir, 'postgres'), replication.url);
  const stack = await startStack({ ephemeral: true, dataDir, services: false });
  return {
    stack,
    replication,
    async catchUp() {
      const position = String(await query(primary, 'SELECT pg_current_wal_flush_lsn() AS value'));
      const applied = `SELECT pg_last_wal_replay_lsn() >= '${position}' AS value`;
      await eventually(async () => expect(await query(stack, applied)).toBe(true), { timeoutMs: 10_000 });
    },
    async promote() {
      await query(stack, 'SELECT pg_promote() AS value');
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
  const signal = path.join(cluster, 'standby.signal');
  await writeFile(signal, '', { mode: 0o600 });
  const { uid, gid } = await stat(await realpath(cluster));
  await chown(signal, uid, gid);
}

async function query(stack: Stack, statement: string): Promise<unknown> {
  const { pool, stop } = connect({
    url: stack.databaseUrl,
    applicationName: 'posthorn failover test',
    max: 1,
  });
  try {
    const { rows } = await pool.query<{ value: unknown }>(statement);
    return rows[0]?.value;
  } finally {
    await stop();
  }
}
