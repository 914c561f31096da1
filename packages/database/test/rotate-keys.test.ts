import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  createSealer,
  DEFAULT_TENANT_ID,
  encodeId,
  openProxy,
  refreshTokenSealingContext,
  type Sealer,
  sealProxy,
  tenantSealingContext,
  webhookSealingContext,
} from '@posthorn/core';
import { overriding } from '@posthorn/testkit';
import { listRegisteredKeys, registerKey } from '../src/encryption/encryption-keys.js';
import { rotateKeys, type RotationStep } from '../src/encryption/rotate-keys.js';
import { countSealed } from '../src/encryption/sealed-values.js';
import { ensureHashKey, ensureNotificationKey } from '../src/settings/settings.js';
import type { Pool } from 'pg';
import {
  addResponse,
  addAuth,
  addPersonSession,
  addSealedWebhook,
  endProcesses,
  newKeys,
  openWebhook,
  setSealed,
} from './fixtures/sealed-rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

beforeEach(async () => {
  await db.pool.query('TRUNCATE encryption_key, setting, webhook, request_idempotency, audit_entry CASCADE');
});

type Query = (text: string, parameters?: unknown[]) => Promise<object>;

/** Returns a pool whose queries are made by `query`. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rotation uses this overload only
const poolWith = (query: Query): Pool => overriding(db.pool, { query: query as Pool['query'] });

const runQuery: Query = (text, parameters) => db.pool.query(text, parameters);

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

function rotate(sealer: Sealer, pool: Pool = db.pool): Promise<RotationStep[]> {
  return collect(rotateKeys({ pool, purpose: 'encryption', sealer, pauseMs: 1 }));
}

/** Starts a process with the old key, then one with the new key first; both end. */
async function startRotation({ before, during }: ReturnType<typeof newKeys>): Promise<void> {
  await registerKey(db.pool, 'encryption', before);
  await registerKey(db.pool, 'encryption', during);
  await endProcesses(db.pool);
}

const keyIdsOf = async () => new Set((await countSealed(db.pool)).map(({ keyId }) => keyId));

describe('a rotation', () => {
  it('seals everything with the first key and retires the others', async () => {
    const keys = newKeys();
    const { before, during, after } = keys;
    await startRotation(keys);
    const hashKey = await ensureHashKey(db.pool, before);
    const ids = await Promise.all(Array.from({ length: 120 }, () => addSealedWebhook(db.pool, before)));
    await Promise.all(ids.map((id) => addAuth(db.pool, id, before)));
    const open = await Promise.all(Array.from({ length: 110 }, () => addResponse(db.pool, before)));
    const { rows: unchanged } = await db.pool.query('SELECT updated_at, epoch FROM webhook ORDER BY id');

    const steps = await rotate(during);
    const counts = steps.map((step) => (step.kind === 'resealed' ? step.count : 0));
    expect(counts).toEqual([1, 400, 80, 120, 100, 10, 0]);
    expect(steps.at(-1)).toEqual({ kind: 'retired', keyIds: [before.keyId] });
    expect(await countSealed(db.pool)).toEqual([
      // The access tokens are deleted.
      { purpose: 'encryption', keyId: after.keyId, kind: 'auth', count: 120 },
      { purpose: 'encryption', keyId: after.keyId, kind: 'headers', count: 120 },
      { purpose: 'encryption', keyId: after.keyId, kind: 'responses', count: 110 },
      { purpose: 'encryption', keyId: after.keyId, kind: 'secrets', count: 240 },
      { purpose: 'encryption', keyId: after.keyId, kind: 'settings', count: 1 },
    ]);
    for (const id of ids)
      expect(await openWebhook(db.pool, id, after)).toEqual({
        secrets: ['first', 'second'],
        headers: { 'x-key': 'one' },
        auth: { type: 'basic', username: 'posthorn', password: 'one' },
      });
    for (const opened of await Promise.all(open.map((opener) => opener(after))))
      expect(opened).toBe('response');
    expect(await ensureHashKey(db.pool, after)).toEqual(hashKey);
    expect((await db.pool.query('SELECT updated_at, epoch FROM webhook ORDER BY id')).rows).toEqual(
      unchanged,
    );
    await registerKey(db.pool, 'encryption', after);
  });

  it('seals the proxies of tenants and webhooks', async () => {
    const keys = newKeys();
    await startRotation(keys);
    const webhookId = await addSealedWebhook(db.pool, keys.before);
    const proxyOf = (context: string) => sealProxy('direct', context, keys.before);
    await db.pool.query('UPDATE webhook SET proxy_sealed = $2 WHERE id = $1', [
      webhookId,
      proxyOf(webhookSealingContext(webhookId)),
    ]);
    await db.pool.query('UPDATE tenant SET proxy_sealed = $2 WHERE id = $1', [
      DEFAULT_TENANT_ID,
      proxyOf(tenantSealingContext(DEFAULT_TENANT_ID)),
    ]);
    await rotate(keys.during);
    const { rows } = await db.pool.query<{ own: string; inherited: string }>(
      `SELECT w.proxy_sealed AS own, t.proxy_sealed AS inherited FROM webhook w CROSS JOIN tenant t WHERE t.id = $1`,
      [DEFAULT_TENANT_ID],
    );
    await db.pool.query('UPDATE tenant SET proxy_sealed = NULL');
    const [{ own, inherited } = { own: '', inherited: '' }] = rows;
    expect(openProxy(own, webhookSealingContext(webhookId), keys.after)).toBe('direct');
    expect(openProxy(inherited, tenantSealingContext(DEFAULT_TENANT_ID), keys.after)).toBe('direct');
    expect(await keyIdsOf()).toEqual(new Set([keys.after.keyId]));
  });

  it('seals the refresh tokens of sessions', async () => {
    const keys = newKeys();
    await startRotation(keys);
    const id = await addPersonSession(db.pool, keys.before);
    await rotate(keys.during);
    const { rows } = await db.pool.query<{ sealed: string }>(
      'SELECT refresh_token_sealed AS sealed FROM person_session WHERE id = $1',
      [id],
    );
    expect(keys.after.open(rows[0]?.sealed ?? '', refreshTokenSealingContext(id))).toBe('a refresh token');
    expect(await keyIdsOf()).toEqual(new Set([keys.after.keyId]));
    await db.pool.query('TRUNCATE person_session');
  });

  it('is recorded once in the audit log, and has nothing left to do', async () => {
    const keys = newKeys();
    await startRotation(keys);
    await addSealedWebhook(db.pool, keys.before);
    await rotate(keys.during);
    expect(await rotate(keys.during)).toEqual([{ kind: 'retired', keyIds: [] }]);
    const { rows } = await db.pool.query('SELECT action, actor_name, target, before, after FROM audit_entry');
    expect(rows).toEqual([
      {
        action: 'encryption_key.rotated',
        actor_name: 'operator',
        target: keys.before.keyId,
        before: { purpose: 'encryption', keyId: keys.before.keyId },
        after: { purpose: 'encryption', keyId: keys.after.keyId },
      },
    ]);
  });

  it.each(['before', 'after'])('may be killed %s any of its statements', async (moment) => {
    const keys = newKeys();
    await startRotation(keys);
    const ids = await Promise.all([1, 2, 3].map(() => addSealedWebhook(db.pool, keys.before)));
    const open = await addResponse(db.pool, keys.before);
    await ensureHashKey(db.pool, keys.before);
    let kills = 0;
    for (let last = 0; last < 100; last += 1) {
      // What a test before it has sealed is sealed with the old key again.
      for (const id of ids) await setSealed(db.pool, { id, header: 'one' }, keys.before);
      let count = 0;
      const killed = poolWith(async (text, parameters) => {
        count += 1;
        if (count > last && moment === 'before') throw new Error('killed');
        const result = await runQuery(text, parameters);
        if (count > last) throw new Error('killed');
        return result;
      });
      const isDone = await rotate(keys.during, killed).then(
        () => true,
        () => false,
      );
      for (const id of ids)
        expect(await openWebhook(db.pool, id, keys.during)).toMatchObject({ headers: { 'x-key': 'one' } });
      expect(await open(keys.during)).toBe('response');
      await endProcesses(db.pool);
      if (isDone) break;
      kills += 1;
    }
    // Reads of keys, settings, webhooks, responses and counts, and what they change.
    expect(kills).toBeGreaterThan(8);
    expect(await keyIdsOf()).toEqual(new Set([keys.after.keyId]));
    await rotate(keys.during);
    expect((await listRegisteredKeys(db.pool)).map(({ id }) => id)).toEqual([keys.after.keyId]);
  });

  it('runs twice at a time', async () => {
    const keys = newKeys();
    await startRotation(keys);
    await Promise.all(Array.from({ length: 30 }, () => addSealedWebhook(db.pool, keys.before)));
    await Promise.all([rotate(keys.during), rotate(keys.during)]);
    expect(await keyIdsOf()).toEqual(new Set([keys.after.keyId]));
  });

  it('keeps what is changed meanwhile', async () => {
    const keys = newKeys();
    await startRotation(keys);
    const [changed = '', deleted = '', other = ''] = await Promise.all(
      [1, 2, 3].map(() => addSealedWebhook(db.pool, keys.before)),
    );
    let isChanged = false;
    const interrupted = poolWith(async (text, parameters) => {
      if (text.includes('UPDATE webhook') && !isChanged) {
        isChanged = true;
        // By a process that still has the old key first.
        await setSealed(db.pool, { id: changed, header: 'two' }, keys.before);
        await db.pool.query(`UPDATE webhook SET secrets = '[]', headers_sealed = NULL WHERE id = $1`, [
          deleted,
        ]);
      }
      return runQuery(text, parameters);
    });
    await rotate(keys.during, interrupted);
    expect(await openWebhook(db.pool, changed, keys.after)).toMatchObject({ headers: { 'x-key': 'two' } });
    expect(await openWebhook(db.pool, deleted, keys.after)).toEqual({ secrets: [], headers: {}, auth: null });
    expect(await openWebhook(db.pool, other, keys.after)).toMatchObject({ headers: { 'x-key': 'one' } });
  });

  it('waits for no lock, and reports what is left', async () => {
    const keys = newKeys();
    await startRotation(keys);
    const ids = await Promise.all([1, 2, 3].map(() => addSealedWebhook(db.pool, keys.before)));
    const blocker = await db.pool.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('SELECT FROM webhook WHERE id = $1 FOR UPDATE', [ids[1]]);
      await expect(rotate(keys.during)).rejects.toThrow(
        '3 values are locked by another transaction: run this again later',
      );
    } finally {
      await blocker.query('ROLLBACK');
      blocker.release();
    }
    expect((await listRegisteredKeys(db.pool)).map(({ id }) => id)).toContain(keys.before.keyId);
    await rotate(keys.during);
    expect(await keyIdsOf()).toEqual(new Set([keys.after.keyId]));
  });

  it('leaves what cannot be opened, and names it', async () => {
    const keys = newKeys();
    await startRotation(keys);
    const [damaged = '', intact = ''] = await Promise.all(
      [1, 2].map(() => addSealedWebhook(db.pool, keys.before)),
    );
    await db.pool.query(`UPDATE webhook SET headers_sealed = $2 WHERE id = $1`, [
      damaged,
      keys.before.seal('{}', 'another webhook'),
    ]);
    await expect(rotate(keys.during)).rejects.toThrow(
      `3 values are still sealed with another key. These cannot be opened, so replace or delete them: the webhook ${encodeId('webhook', damaged)}`,
    );
    expect(await openWebhook(db.pool, intact, keys.after)).toMatchObject({ secrets: ['first', 'second'] });
  });

  it('needs the keys of what is sealed', async () => {
    const keys = newKeys();
    await startRotation(keys);
    const id = await addSealedWebhook(db.pool, keys.before);
    await expect(rotate(keys.after)).rejects.toThrow(
      `POSTHORN_ENCRYPTION_KEY lacks the key ${keys.before.keyId}`,
    );
    expect(await openWebhook(db.pool, id, keys.before)).toMatchObject({ secrets: ['first', 'second'] });
  });
});

const setUsed = (seconds: number) =>
  db.pool.query(`UPDATE encryption_key SET used_at = now() - make_interval(secs => $1)`, [seconds]);

describe('processes that seal with another key', () => {
  it('prevent a rotation, before it changes anything', async () => {
    const keys = newKeys();
    await registerKey(db.pool, 'encryption', keys.before);
    const id = await addSealedWebhook(db.pool, keys.before);
    await setUsed(30);
    const steps = rotateKeys({ pool: db.pool, purpose: 'encryption', sealer: keys.during, pauseMs: 1 });
    expect((await steps.next()).value).toEqual({ kind: 'waiting', keyIds: [keys.before.keyId] });
    await registerKey(db.pool, 'encryption', keys.before);
    await expect(steps.next()).rejects.toThrow(
      `A process still seals with the key ${keys.before.keyId}: start all processes with POSTHORN_ENCRYPTION_KEY=new,old`,
    );
    expect(await openWebhook(db.pool, id, keys.before)).toMatchObject({ secrets: ['first', 'second'] });
    await registerKey(db.pool, 'encryption', keys.before);
  });

  it('are waited for when they may have ended', async () => {
    const keys = newKeys();
    await registerKey(db.pool, 'encryption', keys.before);
    await addSealedWebhook(db.pool, keys.before);
    await setUsed(30);
    const steps = rotateKeys({ pool: db.pool, purpose: 'encryption', sealer: keys.during, pauseMs: 1 });
    expect((await steps.next()).value).toMatchObject({ kind: 'waiting' });
    await setUsed(61);
    expect(await collect(steps)).toContainEqual({ kind: 'retired', keyIds: [keys.before.keyId] });
  });

  it('keep their key when they start during a rotation', async () => {
    const keys = newKeys();
    await startRotation(keys);
    await addSealedWebhook(db.pool, keys.before);
    const steps = rotateKeys({ pool: db.pool, purpose: 'encryption', sealer: keys.during, pauseMs: 1 });
    expect((await steps.next()).value).toMatchObject({ kind: 'resealed' });
    await db.pool.query('UPDATE encryption_key SET used_at = now() WHERE id = $1', [keys.before.keyId]);
    expect((await steps.next()).value).toEqual({ kind: 'waiting', keyIds: [keys.before.keyId] });
    expect((await listRegisteredKeys(db.pool)).map(({ id }) => id)).toContain(keys.before.keyId);
  });
});

it('a process that starts before the last statement keeps its key, and its values are sealed again', async () => {
  const keys = newKeys();
  await startRotation(keys);
  let id = '';
  const interrupted = poolWith(async (text, parameters) => {
    if (text.includes('DELETE FROM encryption_key') && id === '') {
      await registerKey(db.pool, 'encryption', createSealer(keys.old, keys.next));
      id = await addSealedWebhook(db.pool, keys.before);
    }
    return runQuery(text, parameters);
  });
  const steps = rotateKeys({ pool: interrupted, purpose: 'encryption', sealer: keys.during, pauseMs: 1 });
  expect((await steps.next()).value).toEqual({ kind: 'waiting', keyIds: [keys.before.keyId] });
  await endProcesses(db.pool);
  expect(await collect(steps)).toEqual([
    { kind: 'resealed', count: 3 },
    { kind: 'retired', keyIds: [keys.before.keyId] },
  ]);
  expect(await openWebhook(db.pool, id, keys.after)).toMatchObject({ secrets: ['first', 'second'] });
});

it('the key of links in emails stays when the payload key is rotated', async () => {
  const { before, during, after } = newKeys();
  await registerKey(db.pool, 'payload', before);
  const key = await ensureNotificationKey(db.pool, before);
  await endProcesses(db.pool);
  const steps = await collect(rotateKeys({ pool: db.pool, purpose: 'payload', sealer: during, pauseMs: 1 }));
  expect(steps).toEqual([
    { kind: 'resealed', count: 1 },
    { kind: 'retired', keyIds: [before.keyId] },
  ]);
  expect(await ensureNotificationKey(db.pool, after)).toEqual(key);
  const { rows } = await db.pool.query(`SELECT value FROM setting WHERE key = 'notification_key'`);
  expect(JSON.stringify(rows)).not.toContain(key.toString('base64'));
});
