import { beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId, SYSTEM } from '@posthorn/core';
import { createRecovery, measureRecovery } from '../src/replays/create-recovery.js';
import { createReplay } from '../src/replays/create-replay.js';
import { listRunningReplays, type RunningReplay } from '../src/replays/list-running-replays.js';
import { requeueReplayChunk } from '../src/replays/requeue-replay-chunk.js';
import { selectReplayChunk } from '../src/replays/select-replay-chunk.js';
import { dropExpiredPartitions } from '../src/retention/drop-expired-partitions.js';
import { addPending, addSettled } from './fixtures/delivery-rows.js';
import { createPartitionsFor } from './fixtures/past-day-rows.js';
import { addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const at = (day: number) => new Date(Date.UTC(2020, 0, day, 12));
const FROM = at(1);
const AUDIT = { actor: SYSTEM, snapshot: {} };

let webhookId: string;
/** The deliveries whose payloads still exist. */
let sendable: string[];

/** The payloads of January 2 have expired; the payloads of January 1 are kept for a pending delivery. */
beforeEach(async () => {
  await createPartitionsFor(db.pool, '2020-01-01', '2020-01-04');
  webhookId = await addWebhook(db.pool);
  await addPending(db.pool, { webhookId, at: at(1) });
  await addSettled(db.pool, { webhookId, at: at(2) });
  sendable = [
    await addSettled(db.pool, { webhookId, at: at(1) }),
    await addSettled(db.pool, { webhookId, at: at(3) }),
    // A day without a partition.
    await addSettled(db.pool, { webhookId, at: at(6) }),
    await addSettled(db.pool, { webhookId }),
  ];
  await dropExpiredPartitions(db.pool, {
    record: '2020-01-01',
    payload: '2020-01-03',
    today: '2020-01-03',
    counted: '2020-01-03',
  });
});

async function sentBy(replay: RunningReplay): Promise<string[]> {
  const chunk = await selectReplayChunk(db.pool, replay, 100);
  return (await requeueReplayChunk(db.pool, replay, chunk)) ?? [];
}

describe('the total', () => {
  it.each([[[]], [['a.b']]])('of a replay is what it sends, with event types %j', async (eventTypes) => {
    const range = { from: FROM, to: new Date(), statuses: [], eventTypes };
    const replay = { id: newId(), tenantId: DEFAULT_TENANT_ID, webhookId, eventId: null, ...range };
    expect(await createReplay(db.pool, replay, AUDIT)).toMatchObject({ total: sendable.length });
    const running = (await listRunningReplays(db.pool)).find(({ id }) => id === replay.id);
    if (!running) throw new Error('no replay');
    expect(await sentBy(running)).toEqual(sendable);
  });

  it('of a recovery is what it sends', async () => {
    const scope = { tenantId: null, webhookId, since: FROM, until: null, includeDropped: false };
    expect(await measureRecovery(db.pool, scope)).toMatchObject({ total: sendable.length });
    const recoveryId = newId();
    const created = await createRecovery(db.pool, { ...scope, id: recoveryId }, AUDIT);
    expect(created).toMatchObject({ total: sendable.length });
    const running = (await listRunningReplays(db.pool)).find((replay) => replay.recoveryId === recoveryId);
    if (!running) throw new Error('no recovery');
    expect(await sentBy(running)).toEqual(sendable);
  });
});
