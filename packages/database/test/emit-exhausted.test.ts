import { describe, expect, it } from '@jest/globals';
import type { AttemptRecord } from '../src/deliveries/attempt-input.js';
import { settleDeliveries } from '../src/deliveries/settle-deliveries.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook, attemptOf, newEvent, recordNext, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const EXHAUSTED = 'posthorn.delivery.exhausted';

/** Creates a delivery in a new tenant, where another webhook subscribes to the `subscribed` patterns. */
async function addDelivery({ type = 'a.b', subscribed = ['posthorn.*'] } = {}) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, patterns: [type] });
  if (subscribed.length > 0) await addWebhook(db.pool, { tenantId, patterns: subscribed });
  const [accepted] = await acceptEvents(db.pool, [newEvent({ tenantId, type, patterns: [type] })]);
  return {
    tenantId,
    webhookId,
    eventId: accepted?.eventId ?? '',
    id: accepted?.deliveries[0]?.id ?? '',
  };
}

const finalOf = (id: string, attempt: Partial<AttemptRecord> = {}) =>
  attemptOf(id, { status: 'failed', reason: 'exhausted', retryDelayMs: null, ...attempt });

describe('an exhausted delivery', () => {
  it('emits an event with the last response status', async () => {
    const { tenantId, webhookId, eventId, id } = await addDelivery();
    await recordNext(db.pool, [attemptOf(id)]);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
    expect(await recordNext(db.pool, [finalOf(id)])).toEqual(['failed']);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([
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

  it('emits an event with the error if there was no response', async () => {
    const { tenantId, id } = await addDelivery();
    const noResponse = {
      responseStatus: null,
      responseBody: null,
      responseHeaders: null,
      errorCode: 'blocked_address',
      errorMessage: 'no!',
    };
    await recordNext(db.pool, [finalOf(id, { ...noResponse, reason: 'blocked_address' })]);
    const [event] = await operationalEventsOf(db.pool, tenantId);
    expect(event?.data).toMatchObject({
      reason: 'blocked_address',
      lastError: { code: 'blocked_address', message: 'no!' },
    });
    expect(event?.data).not.toHaveProperty('lastResponseStatus');
  });

  it.each([['posthorn.*'], ['posthorn.delivery.*'], [EXHAUSTED]])(
    'emits an event for a subscription to %s',
    async (pattern) => {
      const { tenantId, id } = await addDelivery({ subscribed: [pattern] });
      await recordNext(db.pool, [finalOf(id)]);
      expect(await operationalEventsOf(db.pool, tenantId)).toHaveLength(1);
    },
  );

  it.each([[[]], [['*']], [['posthorn.webhook.*']]])(
    'emits nothing if only %j is subscribed to',
    async (subscribed) => {
      const { tenantId, id } = await addDelivery({ subscribed });
      await recordNext(db.pool, [finalOf(id)]);
      expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
    },
  );

  it.each([EXHAUSTED, 'posthorn.webhook.suspended'])(
    'emits nothing for a delivery of %s, to prevent feedback loops',
    async (type) => {
      const { tenantId, id } = await addDelivery({ type });
      expect(await recordNext(db.pool, [finalOf(id)])).toEqual(['failed']);
      expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
    },
  );

  it('emits one event, however often it is recorded', async () => {
    const { tenantId, id } = await addDelivery();
    const attempt = finalOf(id);
    await recordNext(db.pool, [attempt]);
    await recordNext(db.pool, [attempt]);
    expect(await recordNext(db.pool, [finalOf(id)])).toEqual(['failed']);
    expect(await operationalEventsOf(db.pool, tenantId)).toHaveLength(1);
  });

  it('emits nothing if it was dropped in the meantime', async () => {
    const { tenantId, id } = await addDelivery();
    await settleDeliveries(db.pool, [{ deliveryId: id, epoch: 0, status: 'dropped', reason: 'suspended' }]);
    expect(await recordNext(db.pool, [finalOf(id)])).toEqual(['dropped']);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
  });

  it('emits an event in a batch with other results, which keep their order', async () => {
    const [one, two, three] = [await addDelivery(), await addDelivery(), await addDelivery()];
    expect(await recordNext(db.pool, [successOf(one.id), finalOf(two.id), attemptOf(three.id)])).toEqual([
      'succeeded',
      'failed',
      'pending',
    ]);
    expect(await operationalEventsOf(db.pool, one.tenantId)).toEqual([]);
    expect(await operationalEventsOf(db.pool, two.tenantId)).toHaveLength(1);
    expect(await operationalEventsOf(db.pool, three.tenantId)).toEqual([]);
  });
});
