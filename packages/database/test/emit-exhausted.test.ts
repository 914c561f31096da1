import { describe, expect, it } from '@jest/globals';
import { acceptEvents, type AttemptRecord, recordAttempts, settleDeliveries } from '../src/index.js';
import { toldOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook, attemptOf, newEvent, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const EXHAUSTED = 'posthorn.delivery.exhausted';

/** A delivery of an event of that type, in a tenant of its own where another webhook has such a subscription. */
async function addDelivery({ type = 'a.b', wanted = ['posthorn.*'] } = {}) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, patterns: [type] });
  if (wanted.length > 0) await addWebhook(db.pool, { tenantId, patterns: wanted });
  const [accepted] = await acceptEvents(db.pool, [newEvent({ tenantId, type, patterns: [type] })]);
  return {
    tenantId,
    webhookId,
    eventId: accepted?.eventId ?? '',
    id: accepted?.deliveries[0]?.id ?? '',
  };
}

const finalOf = (id: string, attempt: Partial<AttemptRecord> = {}) =>
  attemptOf(id, { status: 'failed', reason: 'exhausted', nextAttemptAt: null, ...attempt });

describe('a delivery that is given up', () => {
  it('is told of, with the last answer', async () => {
    const { tenantId, webhookId, eventId, id } = await addDelivery();
    await recordAttempts(db.pool, [attemptOf(id)]);
    expect(await toldOf(db.pool, tenantId)).toEqual([]);
    expect(await recordAttempts(db.pool, [finalOf(id, { number: 2 })])).toEqual(['failed']);
    expect(await toldOf(db.pool, tenantId)).toEqual([
      {
        type: EXHAUSTED,
        data: {
          deliveryId: id,
          eventId,
          eventType: 'a.b',
          webhookId,
          attempts: 2,
          reason: 'exhausted',
          lastResponseStatus: 500,
        },
      },
    ]);
  });

  it('is told of, with the reason why there was no answer', async () => {
    const { tenantId, id } = await addDelivery();
    const noAnswer = {
      responseStatus: null,
      responseBody: null,
      errorCode: 'blocked_address',
      errorMessage: 'no!',
    };
    await recordAttempts(db.pool, [finalOf(id, { ...noAnswer, reason: 'blocked_address' })]);
    const [told] = await toldOf(db.pool, tenantId);
    expect(told?.data).toMatchObject({
      reason: 'blocked_address',
      lastError: { code: 'blocked_address', message: 'no!' },
    });
    expect(told?.data).not.toHaveProperty('lastResponseStatus');
  });

  it.each([['posthorn.*'], ['posthorn.delivery.*'], [EXHAUSTED]])('is told of to %s', async (pattern) => {
    const { tenantId, id } = await addDelivery({ wanted: [pattern] });
    await recordAttempts(db.pool, [finalOf(id)]);
    expect(await toldOf(db.pool, tenantId)).toHaveLength(1);
  });

  it.each([[[]], [['*']], [['posthorn.webhook.*']]])(
    'is not told of where only %j is wanted',
    async (wanted) => {
      const { tenantId, id } = await addDelivery({ wanted });
      await recordAttempts(db.pool, [finalOf(id)]);
      expect(await toldOf(db.pool, tenantId)).toEqual([]);
    },
  );

  it.each([EXHAUSTED, 'posthorn.webhook.suspended'])(
    'is not told of when it is itself one of %s: nothing feeds on itself',
    async (type) => {
      const { tenantId, id } = await addDelivery({ type });
      expect(await recordAttempts(db.pool, [finalOf(id)])).toEqual(['failed']);
      expect(await toldOf(db.pool, tenantId)).toEqual([]);
    },
  );

  it('is told of once, however often it is recorded', async () => {
    const { tenantId, id } = await addDelivery();
    const attempt = finalOf(id);
    await recordAttempts(db.pool, [attempt]);
    await recordAttempts(db.pool, [attempt]);
    await recordAttempts(db.pool, [finalOf(id)]);
    expect(await toldOf(db.pool, tenantId)).toHaveLength(1);
  });

  it('is not told of when it was dropped meanwhile', async () => {
    const { tenantId, id } = await addDelivery();
    await settleDeliveries(db.pool, [{ deliveryId: id, status: 'dropped', reason: 'suspended' }]);
    expect(await recordAttempts(db.pool, [finalOf(id)])).toEqual(['dropped']);
    expect(await toldOf(db.pool, tenantId)).toEqual([]);
  });

  it('is told of from a batch with others, which keep their order', async () => {
    const [one, two, three] = [await addDelivery(), await addDelivery(), await addDelivery()];
    expect(await recordAttempts(db.pool, [successOf(one.id), finalOf(two.id), attemptOf(three.id)])).toEqual([
      'succeeded',
      'failed',
      'pending',
    ]);
    expect(await toldOf(db.pool, one.tenantId)).toEqual([]);
    expect(await toldOf(db.pool, two.tenantId)).toHaveLength(1);
    expect(await toldOf(db.pool, three.tenantId)).toEqual([]);
  });
});
