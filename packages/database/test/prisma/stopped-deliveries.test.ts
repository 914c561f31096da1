import { describe, expect, it } from '@jest/globals';
import { findDelivery } from '../../src/deliveries/find-delivery.js';
import { listDeliveries } from '../../src/deliveries/list-deliveries.js';
import { listMatchFacts } from '../../src/deliveries/list-match-facts.js';
import { retryDelivery } from '../../src/deliveries/retry-delivery.js';
import { acceptEvents } from '../../src/events/accept-events.js';
import { SYSTEM } from '@posthorn/core';
import { addTenant, addWebhook, newEvent, readDelivery } from '../fixtures/rows.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();

const AT = new Date('2031-01-01T00:00:00.000Z');

/** Creates a pending delivery and then stops or reactivates its webhook, whose pending deliveries are not dropped yet. */
async function pendingOf(change: string) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId });
  const event = newEvent({ tenantId });
  const [accepted] = await acceptEvents(db.pool, [event]);
  await db.pool.query(`UPDATE webhook SET ${change} WHERE id = $1`, [webhookId]);
  return { id: accepted?.deliveries[0]?.id ?? '', tenantId, webhookId, event };
}

describe('a pending delivery of a webhook that was', () => {
  it.each([
    ['suspended', `status = 'suspended', epoch = 1, suspended_at = '${AT.toISOString()}'`],
    ['deleted', `status = 'deleted', epoch = 1, deleted_at = '${AT.toISOString()}'`],
    ['suspended', `epoch = 2, active_since = '${AT.toISOString()}'`],
  ])('%s is shown as dropped (%#)', async (reason, change) => {
    const { id, tenantId, event } = await pendingOf(change);
    const dropped = { id, status: 'dropped', reason, held: false, nextAttemptAt: null, settledAt: AT };
    expect(await findDelivery(db.prisma, { id, tenantId })).toMatchObject(dropped);
    for (const eventType of [undefined, event.type]) {
      const page = await listDeliveries(db.prisma, { tenantId, eventType }, { limit: 10 });
      expect(page.items).toMatchObject([dropped]);
    }
    const facts = await listMatchFacts(db.prisma, event, { limit: 10 });
    expect(facts.items.map(({ delivery }) => delivery)).toEqual([
      { id, status: 'dropped', reason, attemptCount: 0, waitsFor: null },
    ]);
  });

  it('neither suspended nor deleted is shown as pending', async () => {
    const { id, tenantId, event } = await pendingOf('epoch = 0');
    const pending = { id, status: 'pending', reason: null, nextAttemptAt: expect.any(Date), settledAt: null };
    expect(await findDelivery(db.prisma, { id, tenantId })).toMatchObject(pending);
    const facts = await listMatchFacts(db.prisma, event, { limit: 10 });
    expect(facts.items[0]?.delivery).toMatchObject({ status: 'pending' });
  });

  it('suspended and reactivated can be retried at once', async () => {
    const { id, tenantId } = await pendingOf('epoch = 2');
    const delivery = await findDelivery(db.prisma, { id, tenantId });
    expect(delivery && (await retryDelivery(db.prisma, delivery, SYSTEM))).toMatchObject({
      status: 'pending',
    });
    expect(await readDelivery(db.pool, id)).toMatchObject({ status: 'pending', epoch: 2 });
    expect(delivery && (await retryDelivery(db.prisma, delivery, SYSTEM))).toBe('due');
  });
});
