import { describe, expect, it } from '@jest/globals';
import { LIVE_CHAIN, SYSTEM } from '@posthorn/core';
import { findNextHeads } from '../src/deliveries/chain.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { skipDelivery } from '../src/deliveries/skip-delivery.js';
import { addChained } from './fixtures/delivery-rows.js';
import { addWebhook, attemptOf, readDelivery, recordNext, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

async function skip(id: string) {
  const delivery = await findDelivery(db.prisma, { id, tenantId: null });
  if (!delivery) throw new Error('The delivery does not exist');
  return skipDelivery(db.prisma, delivery, SYSTEM);
}

const auditOf = async (id: string) =>
  (await db.pool.query(`SELECT action, before, after FROM audit_entry WHERE target = $1`, [id])).rows;

describe('skipDelivery', () => {
  it('drops the delivery, and returns its chain, whose next one follows', async () => {
    const webhookId = await addWebhook(db.pool);
    const keyed = { webhookId, orderingKey: 'a' };
    const head = await addChained(db.pool, { ...keyed, sequence: 1 });
    const second = await addChained(db.pool, { ...keyed, sequence: 2 });
    await recordNext(db.pool, [attemptOf(head)]);
    const skipped = await skip(head);
    const chain = { webhookId, chain: LIVE_CHAIN, orderingKey: 'a' };
    expect(skipped).toMatchObject({
      delivery: {
        id: head,
        status: 'dropped',
        reason: 'skipped',
        nextAttemptAt: null,
        settledAt: expect.any(Date),
        attemptCount: 1,
        sequence: 1,
      },
      chain,
    });
    expect(await readDelivery(db.pool, head)).toMatchObject({ status: 'dropped', reason: 'skipped' });
    expect((await findNextHeads(db.pool, [chain])).map(({ id }) => id)).toEqual([second]);
    expect(await auditOf(head)).toEqual([
      { action: 'delivery.skipped', before: { status: 'pending' }, after: { status: 'dropped' } },
    ]);
  });

  it('drops one that waits for another', async () => {
    const webhookId = await addWebhook(db.pool);
    const head = await addChained(db.pool, { webhookId, sequence: 1 });
    const second = await addChained(db.pool, { webhookId, sequence: 2 });
    expect(await skip(second)).toMatchObject({ delivery: { status: 'dropped' } });
    expect(await readDelivery(db.pool, head)).toMatchObject({ status: 'pending' });
  });

  it('leaves a replayed delivery succeeded that had succeeded before', async () => {
    const webhookId = await addWebhook(db.pool);
    const id = await addChained(db.pool, { webhookId, sequence: 1 });
    await db.pool.query('UPDATE pending_delivery SET succeeded_before = true WHERE id = $1', [id]);
    expect(await skip(id)).toMatchObject({ delivery: { status: 'succeeded', reason: null } });
  });

  it('rejects one that is settled, in no chain, or of a webhook that is not active', async () => {
    const webhookId = await addWebhook(db.pool);
    const settled = await addChained(db.pool, { webhookId, sequence: 1 });
    await recordNext(db.pool, [successOf(settled)]);
    expect(await skip(settled)).toBe('settled');
    expect(await skip(await addChained(db.pool, { webhookId, sequence: 2, chain: null }))).toBe(
      'not_ordered',
    );
    const left = await addChained(db.pool, { webhookId, sequence: 3 });
    await db.pool.query(`UPDATE webhook SET status = 'suspended', epoch = 1 WHERE id = $1`, [webhookId]);
    expect(await skip(left)).toBe('suspended');
    await db.pool.query(`UPDATE webhook SET status = 'active', epoch = 2 WHERE id = $1`, [webhookId]);
    expect(await skip(left)).toBe('settled');
    expect(await auditOf(left)).toEqual([]);
    expect(await readDelivery(db.pool, left)).toMatchObject({ status: 'pending' });
  });

  it('does not change a delivery that succeeds meanwhile', async () => {
    const webhookId = await addWebhook(db.pool);
    const id = await addChained(db.pool, { webhookId, sequence: 1 });
    const [skipped, [recorded]] = await Promise.all([skip(id), recordNext(db.pool, [successOf(id)])]);
    expect(typeof skipped === 'object' || skipped === 'settled').toBe(true);
    expect(recorded).toBe('succeeded');
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'succeeded' });
  });
});
