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
import { type DeliveryQueue } from '@posthorn/queue';
import { releaseCount } from './congestion-window.js';
import { type FlowSnapshot, intervalMs, type SlotStore } from './slot-store.js';

export interface ReleaserDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue' | 'withoutJob'>;
  /** Names this process among all workers. */
  worker: string;
  store: Pick<SlotStore, 'releases' | 'webhooksWithHeld' | 'standings' | 'allReleased' | 'forgetHeld'>;
}

/** Most webhooks that are looked at in one round: the next round goes on with the others. */
const MAX_WEBHOOKS = 200;

/** What Redis does not tell of is looked for in PostgreSQL this often, in milliseconds. */
const SEARCH_EVERY_MS = 5000;

/** Released deliveries that have not started for this long are not waited for, in milliseconds. */
const OUTSTANDING_MS = 1500;

/** Most that are released at a time of a webhook that is not active any more. */
const MAX_LEFT_BEHIND = 1000;

interface Outstanding {
  released: number;
  /** Requests ever started when the first of them was released. */
  startedBefore: number;
  sinceMs: number;
}

/** A first attempt that was held has waited enough: it does not go to the end of the fast lane. */
function laneOfReleased(lane: Lane): Lane {
  return lane === 'fast' ? 'retry' : lane;
}

/**
 * Gives deliveries that were held back to the workers as their webhooks get room, those due first. Runs in every worker,
 * one at a time.
 */
export function createReleaser({ pool, queue, store, worker }: ReleaserDeps): () => Promise<void> {
  const outstanding = new Map<string, Outstanding>();
  /** Found in PostgreSQL, whatever Redis knows of them. */
  let found = new Set<string>();
  /** Released, but their old jobs, which held them, were not over yet: those would be taken for the new ones. */
  let late: DueDelivery[] = [];
  let nextSearchAt = 0;
  let after = '';

  async function release(transaction: Transaction): Promise<void> {
    const ids = await nextWebhooks();
    if (ids.length === 0) return giveJobs([]);
    const webhooks = await readWebhookLimits(pool, ids);
    const active = new Set(webhooks.map(({ id }) => id));
    const inactive = ids.filter((id) => !active.has(id));
    for (const id of inactive) found.delete(id);
    await store.forgetHeld(inactive);
    const standings = await store.standings(webhooks);

    const counts = webhooks.map((webhook, index) => countFor(webhook, standings[index]));
    const releases = webhooks.map(({ id }, index) => ({ webhookId: id, count: counts[index] ?? 0 }));
    // Workers drop what a suspend that was cut short has left behind.
    const leftBehind = inactive.map((id) => ({ webhookId: id, count: MAX_LEFT_BEHIND }));
    const released = await releaseHeld(
      transaction,
      [...releases, ...leftBehind].filter(({ count }) => count > 0),
    );
    await giveJobs(released);
    for (const [index, webhook] of webhooks.entries()) {
      const standing = standings[index];
      const count = released.filter(({ webhookId }) => webhookId === webhook.id).length;
      if (!standing) continue;
      note(webhook.id, count, standing.started);
      if (count >= (counts[index] ?? 0)) continue;
      found.delete(webhook.id);
      await store.allReleased(webhook, standing.heldMark);
    }
  }

  /** A crash before all have their jobs: they are held still, and released once more. */
  async function giveJobs(released: readonly DueDelivery[]): Promise<void> {
    const all = [...late, ...released];
    const free = await queue.withoutJob(all.map(({ id }) => id));
    late = all.filter(({ id }) => !free.has(id));
    await queue.enqueue(
      all
        .filter(({ id }) => free.has(id))
        .map(({ id, dueAt, lane }) => ({
          deliveryId: id,
          dueAt,
          lane: laneOfReleased(lane),
          released: true,
        })),
    );
  }

  /** In turn, when there are many. */
  async function nextWebhooks(): Promise<string[]> {
    const known = await store.webhooksWithHeld();
    await search();
    const all = [...new Set([...known, ...found])].toSorted();
    const next = [...all.filter((id) => id > after), ...all.filter((id) => id <= after)].slice(
      0,
      MAX_WEBHOOKS,
    );
    after = next.at(-1) ?? '';
    return next;
  }

  async function search(): Promise<void> {
    if (Date.now() < nextSearchAt) return;
    nextSearchAt = Date.now() + SEARCH_EVERY_MS;
    found = new Set(await listWebhooksWithHeld(pool));
  }

  function countFor(webhook: WebhookLimits, standing: FlowSnapshot | undefined): number {
    if (!standing) return 0;
    const { pace, inFlight, nextSlotInMs } = standing;
    const everyMs = intervalMs(webhook);
    return releaseCount({
      pace,
      nowMs: Date.now(),
      maxInFlight: webhook.maxInFlight,
      inFlight,
      outstanding: outstandingOf(webhook.id, standing.started),
      rate: everyMs === null ? null : { intervalMs: everyMs, nextSlotInMs },
    });
  }

  /** Released and not yet started, as far as can be told from the number of requests started since. */
  function outstandingOf(webhookId: string, started: number): number {
    const entry = outstanding.get(webhookId);
    if (!entry) return 0;
    const left = entry.released - (started - entry.startedBefore);
    if (left > 0 && Date.now() - entry.sinceMs < OUTSTANDING_MS) return left;
    outstanding.delete(webhookId);
    return 0;
  }

  function note(webhookId: string, count: number, started: number): void {
    if (count === 0) return;
    const entry = outstanding.get(webhookId) ?? { released: 0, startedBefore: started, sinceMs: Date.now() };
    entry.released += count;
    entry.sinceMs = Date.now();
    outstanding.set(webhookId, entry);
  }

  return async () => {
    const nothingHeld = found.size === 0 && late.length === 0 && Date.now() < nextSearchAt;
    if (nothingHeld && (await store.webhooksWithHeld()).length === 0) return;
    // One goes on for as long as it can, since it knows what it has released; the lock makes sure that it is only one.
    if (await store.releases(worker)) await withLock(pool, 'release', release);
  };
}
