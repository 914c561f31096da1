// Payloads whose data key no longer exists: they are erased wherever an erased event is.
import { describe, expect, it } from '@jest/globals';
import { SYSTEM } from '@posthorn/core';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { retryDelivery } from '../src/deliveries/retry-delivery.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { findEvent, listEvents } from '../src/events/events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { createReplay } from '../src/replays/create-replay.js';
import { listRunningReplays } from '../src/replays/list-running-replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import { payloadSealer, startProcess } from './fixtures/payload-process.js';
import { addTenant, addWebhook, attemptOf, newEvent, readDelivery, recordNext } from './fixtures/rows.js';
import { replayOfWebhook } from './fixtures/shorter-retention.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const sealer = payloadSealer();

/** Stores an event with a failed delivery. */
async function addFailed(webhook: { tenantId: string }, fields: Partial<NewEvent>, encrypts: boolean) {
  const event = newEvent({ ...webhook, ...fields });
  const payloadKeys = startProcess(db.pool, sealer, { encrypts });
  const options = { eventIds: [], webhookIds: [], revisions: [], payloadKeys };
  const [stored] = (await acceptEvents(db.pool, [event], options)) ?? [];
  const deliveryId = stored?.deliveries[0]?.id ?? '';
  await recordNext(db.pool, [attemptOf(deliveryId, { status: 'failed', retryDelayMs: null })]);
  return { eventId: event.id, deliveryId };
}

/** Returns a tenant, with a webhook and two events with failed deliveries: one is sealed. */
async function addTwo(fields: Partial<NewEvent>) {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId });
  await db.pool.query('UPDATE tenant SET payload_days = $2 WHERE id = $1', [tenantId, fields.payloadDays]);
  await createPartitions(db.pool, new Date());
  const plain = await addFailed({ tenantId }, fields, false);
  const sealed = await addFailed({ tenantId }, fields, true);
  return { tenantId, webhookId, plain, sealed };
}

const destroyKeys = (tenantId: string) =>
  db.pool.query('DELETE FROM payload_key WHERE tenant_id = $1', [tenantId]);

describe.each([
  ['with its event', {}],
  ['for a week', { payloadDays: 7 }],
  ['until it is settled', { payloadDays: 0 }],
])('a payload that is kept %s, without its data key,', (_what, fields) => {
  it('shows as erased on its page and in lists', async () => {
    const { tenantId, plain, sealed } = await addTwo(fields);
    const shown = async () => {
      const { items } = await listEvents(db.prisma, { tenantId }, { limit: 10 });
      const listed = new Map(items.map(({ id, isErased }) => [id, isErased]));
      const payloadKeys = startProcess(db.pool, sealer);
      const isErased = async (id: string) => [
        (await findEvent(db.prisma, { id, tenantId }, payloadKeys))?.isErased,
        listed.get(id),
      ];
      return { plain: await isErased(plain.eventId), sealed: await isErased(sealed.eventId) };
    };
    expect(await shown()).toEqual({ plain: [false, false], sealed: [false, false] });
    await destroyKeys(tenantId);
    expect(await shown()).toEqual({ plain: [false, false], sealed: [true, true] });
  });

  it('is not sent again by a retry or a replay', async () => {
    const { tenantId, webhookId, plain, sealed } = await addTwo(fields);
    const retry = async (id: string) => {
      const delivery = await findDelivery(db.prisma, { id, tenantId });
      return delivery && retryDelivery(db.prisma, delivery, SYSTEM);
    };
    expect(await retry(sealed.deliveryId)).toMatchObject({ status: 'pending' });
    await recordNext(db.pool, [attemptOf(sealed.deliveryId, { status: 'failed', retryDelayMs: null })]);
    await destroyKeys(tenantId);
    expect(await retry(sealed.deliveryId)).toBe('erased');
    const ofWebhook = { ...replayOfWebhook(webhookId), tenantId };
    await createReplay(db.pool, ofWebhook, { actor: SYSTEM, snapshot: {} });
    const replay = (await listRunningReplays(db.pool)).find(({ id }) => id === ofWebhook.id);
    if (!replay) throw new Error('The replay is not running');
    const chunk = await selectReplayChunk(db.pool, replay, 10);
    expect(await requeueReplayChunk(db.pool, replay, chunk)).toEqual([plain.deliveryId]);
    expect(await readDelivery(db.pool, sealed.deliveryId)).toMatchObject({ status: 'failed' });
  });
});
