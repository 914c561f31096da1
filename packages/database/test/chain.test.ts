import { describe, expect, it } from '@jest/globals';
import { LIVE_CHAIN, newId } from '@posthorn/core';
import { findHeads, findNextHeads } from '../src/deliveries/chain.js';
import { setSlow } from '../src/webhooks/set-slow.js';
import { addChained } from './fixtures/delivery-rows.js';
import { explainScans, type Statement } from './fixtures/explain-scans.js';
import { addWebhook, recordNext, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const headsAmong = async (...ids: string[]) => (await findHeads(db.pool, ids)).map(({ id }) => id).toSorted();

async function nextOf(webhookId: string, chain: string = LIVE_CHAIN, orderingKey = ''): Promise<string[]> {
  return (await findNextHeads(db.pool, [{ webhookId, chain, orderingKey }])).map(({ id }) => id);
}

describe('findHeads', () => {
  it('returns the delivery with the lowest number of each key and chain, and those without a chain', async () => {
    const webhookId = await addWebhook(db.pool);
    const second = await addChained(db.pool, { webhookId, sequence: 2 });
    const first = await addChained(db.pool, { webhookId, sequence: 1 });
    const keyed = await addChained(db.pool, { webhookId, sequence: 3, orderingKey: 'a' });
    const keyedSecond = await addChained(db.pool, { webhookId, sequence: 4, orderingKey: 'a' });
    const replayed = await addChained(db.pool, { webhookId, sequence: 5, chain: newId() });
    const unchained = await addChained(db.pool, { webhookId, sequence: 6, chain: null });
    const others = [
      await addChained(db.pool, { webhookId: await addWebhook(db.pool), sequence: 7 }),
      newId(),
    ];
    const ids = [first, second, keyed, keyedSecond, replayed, unchained, ...others];
    expect(await headsAmong(...ids)).toEqual(
      [first, keyed, replayed, unchained, ...others.slice(0, 1)].toSorted(),
    );
    await recordNext(db.pool, [successOf(first)]);
    expect(await headsAmong(first, second)).toEqual([second]);
  });
});

describe('findNextHeads', () => {
  it('returns the head of each chain once, with what its job needs', async () => {
    const webhookId = await addWebhook(db.pool);
    await setSlow(db.pool, [{ id: webhookId, epoch: 0, slow: true }]);
    const second = await addChained(db.pool, { webhookId, sequence: 2, orderingKey: 'a' });
    const first = await addChained(db.pool, { webhookId, sequence: 1, orderingKey: 'a' });
    const other = await addChained(db.pool, { webhookId, sequence: 3, orderingKey: 'b' });
    const chainOf = (orderingKey: string) => ({ webhookId, chain: LIVE_CHAIN, orderingKey });
    const heads = await findNextHeads(db.pool, ['a', 'b', 'a', 'none'].map(chainOf));
    expect(heads.map(({ id, lane }) => ({ id, lane }))).toEqual(
      [first, other].toSorted().map((id) => ({ id, lane: 'slow' })),
    );
    await recordNext(db.pool, [successOf(first)]);
    expect(await nextOf(webhookId, LIVE_CHAIN, 'a')).toEqual([second]);
    expect(await nextOf(webhookId, newId(), 'a')).toEqual([]);
  });

  it.each([
    ['waits for a retry', `attempt_count = 1, next_attempt_at = now() + interval '1 min'`],
    ['is parked', 'attempt_count = 1, parked = true'],
    ['is held', 'held = true'],
  ])('returns none of a chain whose head %s, never the second one in its place', async (_name, change) => {
    const webhookId = await addWebhook(db.pool);
    const head = await addChained(db.pool, { webhookId, sequence: 1 });
    await addChained(db.pool, { webhookId, sequence: 2 });
    await db.pool.query(`UPDATE pending_delivery SET ${change} WHERE id = $1`, [head]);
    expect(await nextOf(webhookId)).toEqual([]);
  });

  it('returns the head of a replay that was attempted before the replay', async () => {
    const [webhookId, chain] = [await addWebhook(db.pool), newId()];
    const head = await addChained(db.pool, { webhookId, sequence: 1, chain, attemptCount: 8 });
    expect(await nextOf(webhookId, chain)).toEqual([head]);
  });

  it('reads one entry of the index for each chain, however long it is', async () => {
    const webhookId = await addWebhook(db.pool);
    await db.pool.query(
      `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, sequence, ordering_key, chain)
       SELECT posthorn_uuidv7(), $1, $1, $1, now(), 0, n, 'a', $2 FROM generate_series(1, 3000) AS n`,
      [webhookId, LIVE_CHAIN],
    );
    await db.pool.query('VACUUM ANALYZE pending_delivery');
    const statements: Statement[] = [];
    const spy = { options: {}, query: (one: Statement) => (statements.push(one), { rows: [] }) };
    await findNextHeads(spy as never, [{ webhookId, chain: LIVE_CHAIN, orderingKey: 'a' }]);
    const [statement = { text: '', values: [] }] = statements;
    const scans = await explainScans(db.genericPlanPool, statement);
    expect(scans.map(({ name }) => name)).toContain('Index Scan pending_delivery');
    expect(scans.filter(({ name }) => name.includes('pending_delivery'))).toEqual([
      expect.objectContaining({ rows: 1 }),
    ]);
  });
});
