import { type Lane } from '@posthorn/core';
import {
  type DueDelivery,
  listWebhooksWithHeld,
  type WebhookLimits,
  type Pool,
  readWebhookLimits,
  releaseHeld,
  type Transaction,
  withLock,
} from '@posthorn/database';
import type { DeliveryQueue } from '@posthorn/queue';
import { OutstandingReleases } from './outstanding-releases.js';
import { releaseCount } from './release-count.js';
import { type FlowSnapshot, intervalMs, type SlotStore } from './slot-store.js';

export interface ReleaserDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue' | 'findMissingJobs'>;
  /** The id of this worker among all workers. */
  worker: string;
  store: Pick<
    SlotStore,
    'acquireReleaserLease' | 'webhooksWithHeld' | 'snapshots' | 'clearHeld' | 'removeHeld'
  >;
}

/** Most webhooks in one run. The next run continues with the others. */
const MAX_WEBHOOKS = 200;

/** How often PostgreSQL is searched for held deliveries that Redis does not know, in milliseconds. */
const SEARCH_INTERVAL_MS = 5000;

/** Most deliveries released at a time for a webhook that is no longer active. */
const MAX_INACTIVE_RELEASED = 1000;

/** Returns the lane of a released delivery. A first attempt has waited enough and does not queue in the fast lane again. */
function laneOfReleased(lane: Lane): Lane {
  return lane === 'fast' ? 'retry' : lane;
}

/**
 * Returns the background task that releases held deliveries, those due first, as slots of their webhooks become free. It
 * runs in every worker; the lease of the releaser lets one at a time work.
 */
export function createReleaser({ pool, queue, store, worker }: ReleaserDeps): () => Promise<void> {
  const outstanding = new OutstandingReleases();
  /** Webhooks with held deliveries according to PostgreSQL. */
  let found = new Set<string>();
  /** Released deliveries whose previous job has not ended yet, so that a new job would be ignored as a duplicate. */
  let blocked: DueDelivery[] = [];
  let nextSearchAtMs = 0;
  /** The last webhook of the previous run. */
  let cursor = '';

  async function release(transaction: Transaction): Promise<void> {
    const ids = await nextWebhooks();
    if (ids.length === 0) return enqueue([]);
    const webhooks = await readWebhookLimits(pool, ids);
    const activeIds = new Set(webhooks.map(({ id }) => id));
    const inactiveIds = ids.filter((id) => !activeIds.has(id));
    for (const id of inactiveIds) found.delete(id);
    await store.removeHeld(inactiveIds);
    const snapshots = await store.snapshots(webhooks);

    const counts = webhooks.map((webhook, index) => countFor(webhook, snapshots[index]));
    const releases = webhooks.map(({ id }, index) => ({ webhookId: id, count: counts[index] ?? 0 }));
    // Left behind by a suspend that was interrupted. The workers drop them.
    const inactive = inactiveIds.map((id) => ({ webhookId: id, count: MAX_INACTIVE_RELEASED }));
    const released = await releaseHeld(
      transaction,
      [...releases, ...inactive].filter(({ count }) => count > 0),
    );
    await enqueue(released);
    for (const [index, webhook] of webhooks.entries()) {
      const snapshot = snapshots[index];
      if (!snapshot) continue;
      const count = released.filter(({ webhookId }) => webhookId === webhook.id).length;
      outstanding.add(webhook.id, count, snapshot.started);
      if (count >= (counts[index] ?? 0)) continue;
      found.delete(webhook.id);
      await store.clearHeld(webhook, snapshot.heldMark);
    }
  }

  /** After a crash before all jobs are enqueued the deliveries are still held, and are released again. */
  async function enqueue(released: readonly DueDelivery[]): Promise<void> {
    const all = [...blocked, ...released];
    const jobless = await queue.findMissingJobs(all.map(({ id }) => id));
    blocked = all.filter(({ id }) => !jobless.has(id));
    await queue.enqueue(
      all
        .filter(({ id }) => jobless.has(id))
        .map(({ id, dueInMs, lane }) => ({
          deliveryId: id,
          delayMs: dueInMs,
          lane: laneOfReleased(lane),
          released: true,
        })),
    );
  }

  /** Returns the next webhooks in the order of their ids, starting again after the last one. */
  async function nextWebhooks(): Promise<string[]> {
    const known = await store.webhooksWithHeld();
    await search();
    const all = [...new Set([...known, ...found])].toSorted();
    const next = [...all.filter((id) => id > cursor), ...all.filter((id) => id <= cursor)].slice(
      0,
      MAX_WEBHOOKS,
    );
    cursor = next.at(-1) ?? '';
    return next;
  }

  async function search(): Promise<void> {
    if (Date.now() < nextSearchAtMs) return;
    nextSearchAtMs = Date.now() + SEARCH_INTERVAL_MS;
    found = new Set(await listWebhooksWithHeld(pool));
  }

  function countFor(webhook: WebhookLimits, snapshot: FlowSnapshot | undefined): number {
    if (!snapshot) return 0;
    const { state, inFlight, nextStartInMs, started } = snapshot;
    const everyMs = intervalMs(webhook);
    return releaseCount({
      state,
      nowMs: Date.now(),
      maxInFlight: webhook.maxInFlight,
      inFlight,
      outstanding: outstanding.count(webhook.id, started),
      rate: everyMs === null ? null : { intervalMs: everyMs, nextStartInMs },
    });
  }

  return async () => {
    const hasNothing = found.size === 0 && blocked.length === 0 && Date.now() < nextSearchAtMs;
    if (hasNothing && (await store.webhooksWithHeld()).length === 0) return;
    // The lease keeps one worker as the releaser, because only that worker counts its outstanding releases. The lock excludes
    // a second one after the lease expired.
    if (await store.acquireReleaserLease(worker)) await withLock(pool, 'release', release);
  };
}
