import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createSealer } from '@posthorn/core';
import { eventually, overriding } from '@posthorn/testkit';
import { assertKeys, listRegisteredKeys, registerKey } from '../src/encryption/encryption-keys.js';
import { ensureHashKey } from '../src/settings/settings.js';
import { newKeys } from './fixtures/sealed-rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

beforeEach(async () => {
  await db.pool.query('TRUNCATE encryption_key, setting');
});

const registered = async () => (await listRegisteredKeys(db.pool)).map(({ id }) => id);

describe('the keys of a database', () => {
  it('are those that processes have sealed with, and each process needs all of them', async () => {
    const { before, during, after } = newKeys();
    await Promise.all([1, 2, 3].map(() => registerKey(db.pool, 'encryption', before)));
    expect(await registered()).toEqual([before.keyId]);
    await expect(registerKey(db.pool, 'encryption', after)).rejects.toThrow(
      `POSTHORN_ENCRYPTION_KEY lacks the key ${before.keyId}, with which values in this database are sealed; it has ${after.keyId}`,
    );
    expect(await registered()).toEqual([before.keyId]);
    await registerKey(db.pool, 'encryption', during);
    expect(await registered()).toEqual([before.keyId, after.keyId].toSorted());
    await expect(registerKey(db.pool, 'encryption', before)).rejects.toThrow(`lacks the key ${after.keyId}`);
  });

  it('are of one process if two start with different ones', async () => {
    const sealers = [1, 2, 3, 4].map(() => createSealer(randomBytes(32)));
    const blocker = await db.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE encryption_key IN SHARE MODE');
    const registrations = Promise.allSettled(
      sealers.map((sealer) => registerKey(db.pool, 'encryption', sealer)),
    );
    await eventually(async () => {
      const { rows } = await db.pool.query(
        `SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      expect(rows).toHaveLength(sealers.length);
    });
    await blocker.query('COMMIT');
    blocker.release();
    const results = await registrations;
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await registered()).toHaveLength(1);
  });

  it('have their purpose', async () => {
    const [secrets, payloads] = [createSealer(randomBytes(32)), createSealer(randomBytes(32))];
    await registerKey(db.pool, 'encryption', secrets);
    await registerKey(db.pool, 'payload', payloads);
    await registerKey(db.pool, 'encryption', secrets);
    await expect(registerKey(db.pool, 'payload', secrets)).rejects.toThrow(
      `POSTHORN_PAYLOAD_KEY lacks the key ${payloads.keyId}`,
    );
  });

  it('are compared by more than their id', async () => {
    const { before, after } = newKeys();
    await registerKey(db.pool, 'encryption', before);
    await db.pool.query('UPDATE encryption_key SET id = $1', [after.keyId]);
    await expect(registerKey(db.pool, 'encryption', after)).rejects.toThrow(`lacks the key ${after.keyId}`);
  });

  it('are checked without a change', async () => {
    const { before, after } = newKeys();
    await assertKeys(db.pool, 'encryption', before);
    expect(await registered()).toEqual([]);
    await registerKey(db.pool, 'encryption', before);
    await expect(assertKeys(db.pool, 'encryption', after)).rejects.toThrow(before.keyId);
  });
});

it('a key is in use also for a transaction that began before its last use', async () => {
  const { before } = newKeys();
  await registerKey(db.pool, 'encryption', before);
  const client = await db.pool.connect();
  try {
    await client.query('BEGIN');
    // Longer than the second by which times may be ahead.
    await client.query('SELECT pg_sleep(1.1)');
    await db.pool.query('UPDATE encryption_key SET used_at = clock_timestamp()');
    expect(await listRegisteredKeys(overriding(db.pool, { query: client.query.bind(client) }))).toMatchObject(
      [{ id: before.keyId, isInUse: true }],
    );
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

it('the hash key is created once', async () => {
  const sealer = createSealer(randomBytes(32));
  const keys = await Promise.all([1, 2, 3].map(() => ensureHashKey(db.pool, sealer)));
  expect(keys[0]).toHaveLength(32);
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
});
