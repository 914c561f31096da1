import { type Lane } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { type DueDelivery, listWebhooksWithHeld, releaseHeld } from '@posthorn/database/deliveries';
import { readWebhookLimits, type WebhookLimits } from '@posthorn/database/webhooks';
import type { DeliveryQueue } from '@posthorn/queue';
import { flowNowMs } from '../slots/congestion-window.js';
import { OutstandingReleases } from './outstanding-releases.js';
import {
  jobDelayMs,
  releaseCount,
  type ReleaseInput,
  startingCount,
  toWebhookFlow,
  visitPauseMs,
} from './release-count.js';
import { ReleaseRoom, type WorkerPermits } from './release-room.js';
import { VisitSchedule } from './visit-schedule.js';
import { replayTurn } from '../fairness/replay-turn.js';
import type { RetryPriorities } from '../fairness/retry-priorities.js';
import type { TaskShare } from '../fairness/task-share.js';
import type { HeldMarks } from '../slots/held-webhook-store.js';
import type { FlowSnapshot } from '../slots/slot-messages.js';
import type { SlotStore } from '../slots/slot-store.js';
import type { TaskShares } from '../fairness/task-shares.js';

export interface ReleaserDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueue' | 'findMissingJobs'>;
  priorities: Pick<RetryPriorities, 'next'>;
  shares: Pick<TaskShares, 'join'>;
  store: Pick<SlotStore, 'webhooksWithHeld' | 'addHeld' | 'snapshots' | 'clearHeld' | 'removeHeld'>;
  permits: WorkerPermits;
  /** The clock of the flow states. Default: `flowNowMs`. */
  nowMs?: () => number;
}

/** Maximum number of webhooks in one statement. */
const MAX_WEBHOOKS = 500;

/** How often PostgreSQL is searched for held deliveries that Redis does not know, in milliseconds. */
const SEARCH_INTERVAL_MS = 5000;

/** Maximum number of deliveries released at a time for a webhook that is no longer active. */
const MAX_INACTIVE_RELEASED = 1000;

/** Maximum number of jobs kept until they can be enqueued. The reconciler recreates the others. */
const MAX_BLOCKED = 10_000;

/** The webhooks and deliveries of a shard that does not reply wait for a later run. */
const skipShard = (): void => {};

/** A webhook in a run of the releaser. */
interface Visit {
  webhook: WebhookLimits;
  snapshot: FlowSnapshot;
  input: ReleaseInput;
}

interface PlannedVisit extends Visit {
  /** How many deliveries to release. */
  count: number;
  /** Fewer find a permit than its limits allow. */
  lacksRoom: boolean;
}

/** The job of a released delivery. */
interface ReleasedJob {
  deliveryId: string;
  delayMs: number;
  lane: Lane;
  priority: number;
  released: true;
}

/** Returns the lane of a released delivery. A first attempt has waited enough and does not queue in the fast lane again. */
function laneOfReleased(lane: Lane): Lane {
  return lane === 'fast' ? 'retry' : lane;
}

/**
 * Returns the background task that releases held deliveries, those due first, as slots of their webhooks become free. It
 * runs in every worker, for an equal share of the webhooks. Two workers that have the same webhook for a moment do no harm:
 * each delivery is released once, and released deliveries need a slot like all others. Resolves to whether it has webhooks to visit.
 */
export function createReleaser(deps: ReleaserDeps): () => Promise<boolean> {
  const releaser = new Releaser(deps);
  return () => releaser.run();
}

class Releaser {
  readonly #deps: ReleaserDeps;
  readonly #nowMs: () => number;
  readonly #outstanding: OutstandingReleases;
  readonly #schedule = new VisitSchedule();
  #share: TaskShare | null = null;
  /** Of the last reports of held deliveries that this worker has read. */
  #marks: HeldMarks = [];
  /**
   * Jobs of released deliveries that were not enqueued: their previous job has not ended yet, so that a new one would be ignored as a
   * duplicate, their shard does not reply, or Redis failed.
   */
  #blocked: ReleasedJob[] = [];
  #nextSearchAtMs = 0;

  constructor(deps: ReleaserDeps) {
    const { nowMs = flowNowMs } = deps;
    this.#deps = deps;
    this.#nowMs = nowMs;
    this.#outstanding = new OutstandingReleases(nowMs);
  }

  /** Runs once. Resolves to whether it has webhooks to visit. */
  async run(): Promise<boolean> {
    if (!(await this.#refresh())) return false;
    // First, so that nothing more is released while Redis accepts no jobs.
    if (this.#blocked.length > 0) await this.#enqueue([]);
    const room = new ReleaseRoom(this.#deps.permits);
    const ids = this.#schedule.due(this.#nowMs());
    for (let start = 0; start < ids.length; start += MAX_WEBHOOKS) {
      await this.#release(ids.slice(start, start + MAX_WEBHOOKS), room);
    }
    return this.#schedule.size + this.#blocked.length > 0;
  }

  /** Renews the lease, and updates the share of this worker. Returns whether there may be something to release. */
  async #refresh(): Promise<boolean> {
    const isSearchDue = this.#nowMs() >= this.#nextSearchAtMs;
    if (isSearchDue) {
      this.#nextSearchAtMs = this.#nowMs() + SEARCH_INTERVAL_MS;
      this.#outstanding.prune();
    }
    const reported = await this.#deps.store.webhooksWithHeld(isSearchDue ? [] : this.#marks, skipShard);
    if (!isSearchDue && reported.ids.length + this.#schedule.size + this.#blocked.length === 0) return false;
    const joined = await this.#deps.shares.join('release');
    const isUnchanged = this.#share?.hasSameMembers(joined) ?? false;
    this.#share = joined;
    this.#marks = reported.marks;
    if (isUnchanged) this.#addOwn(this.#share, reported.ids);
    else await this.#readAll(this.#share);
    if (isSearchDue && this.#share.isFirst) await this.#search(this.#share);
    return true;
  }

  async #readAll(own: TaskShare): Promise<void> {
    this.#schedule.clear();
    const known = await this.#deps.store.webhooksWithHeld([], skipShard);
    this.#marks = known.marks;
    this.#addOwn(own, known.ids);
  }

  async #search(own: TaskShare): Promise<void> {
    const found = await listWebhooksWithHeld(this.#deps.pool);
    await this.#deps.store.addHeld(found).catch(skipShard);
    this.#addOwn(own, found);
  }

  #addOwn(own: TaskShare, ids: readonly string[]): void {
    this.#schedule.add(ids.filter((id) => own.owns(id)));
  }

  async #release(ids: readonly string[], room: ReleaseRoom): Promise<void> {
    const limits = new Map((await readWebhookLimits(this.#deps.pool, ids)).map((each) => [each.id, each]));
    // In the order of the schedule.
    const webhooks = ids.flatMap((id) => limits.get(id) ?? []);
    const inactiveIds = ids.filter((id) => !limits.has(id));
    for (const id of inactiveIds) this.#schedule.remove(id);
    await this.#deps.store.removeHeld(inactiveIds).catch(skipShard);
    const snapshots = await this.#deps.store.snapshots(webhooks, skipShard);
    const visits = webhooks.flatMap((webhook, index) => {
      const snapshot = snapshots[index];
      return snapshot ? [this.#toVisit(webhook, snapshot)] : [];
    });
    for (const { webhook, input } of visits) room.add(webhook, startingCount(input));
    const planned = visits.map((visit) => plan(visit, room));

    const releases = planned.map(({ webhook: { id }, count }) => ({ webhookId: id, count }));
    // Left behind by a suspend that was interrupted. The workers drop them.
    const inactive = inactiveIds.map((id) => ({ webhookId: id, count: MAX_INACTIVE_RELEASED }));
    const all = [...releases, ...inactive].filter(({ count }) => count > 0);
    const released = all.length > 0 ? await this.#releaseAndEnqueue(all, visits) : [];
    const counts = countBy(released, ({ webhookId }) => webhookId);
    await Promise.all(planned.map((visit) => this.#endVisit(visit, counts.get(visit.webhook.id) ?? 0, room)));
  }

  #toVisit(webhook: WebhookLimits, snapshot: FlowSnapshot): Visit {
    const counts = this.#outstanding.count(webhook.id, snapshot.endedWaits);
    const input = { ...toWebhookFlow(webhook, snapshot, this.#nowMs()), ...counts };
    return { webhook, snapshot, input };
  }

  async #releaseAndEnqueue(
    releases: Parameters<typeof releaseHeld>[1],
    visits: readonly Visit[],
  ): Promise<DueDelivery[]> {
    const inputs = new Map(visits.map(({ webhook, input }) => [webhook.id, input]));
    const released = await releaseHeld(this.#deps.pool, releases);
    // After a kill before all jobs are enqueued, the reconciler enqueues the others. No lock is held meanwhile.
    await this.#enqueue(this.#toJobs(released, inputs));
    return released;
  }

  #toJobs(released: readonly DueDelivery[], inputs: ReadonlyMap<string, ReleaseInput>): ReleasedJob[] {
    const before = new Map<string, number>();
    return released.map(({ id, tenantId, webhookId, dueInMs, lane: ownLane }) => {
      const input = inputs.get(webhookId);
      const index = before.get(webhookId) ?? 0;
      before.set(webhookId, index + 1);
      const delayMs = Math.max(dueInMs, input ? jobDelayMs(input, index) : 0);
      const lane = laneOfReleased(ownLane);
      const priority =
        lane === 'replay'
          ? replayTurn((input?.outstanding ?? 0) + index)
          : this.#deps.priorities.next({ tenantId, webhookId, lane, delayMs });
      return { deliveryId: id, delayMs, lane, priority, released: true };
    });
  }

  async #enqueue(jobs: readonly ReleasedJob[]): Promise<void> {
    const all = [...this.#blocked, ...jobs];
    this.#blocked = all.slice(0, MAX_BLOCKED);
    const ids = all.map(({ deliveryId }) => deliveryId);
    const jobless = await this.#deps.queue.findMissingJobs(ids, skipShard);
    await this.#deps.queue.enqueue(all.filter(({ deliveryId }) => jobless.has(deliveryId)));
    this.#blocked = all.filter(({ deliveryId }) => !jobless.has(deliveryId)).slice(0, MAX_BLOCKED);
  }

  async #endVisit(visit: PlannedVisit, released: number, room: ReleaseRoom): Promise<void> {
    const { webhook, snapshot, input, count, lacksRoom } = visit;
    this.#outstanding.add(webhook.id, released, snapshot.endedWaits);
    if (released < count) {
      this.#schedule.remove(webhook.id);
      await this.#deps.store.clearHeld(webhook, snapshot.heldMark);
      return;
    }
    const pauseMs = lacksRoom
      ? room.limitedPauseMs(webhook)
      : visitPauseMs(input, released, this.#schedule.emptyCount(webhook.id));
    const atMs = input.nowMs + pauseMs;
    // The next permit is for the webhooks that got none.
    if (lacksRoom && released === 0) this.#schedule.postpone(webhook.id, atMs);
    else this.#schedule.visited(webhook.id, { atMs, count: released });
  }
}

function plan(visit: Visit, room: ReleaseRoom): PlannedVisit {
  const { webhook, input } = visit;
  const wanted = releaseCount(input);
  const count =
    input.tokenWait === 'all_but_one' ? room.takeTokenTry(webhook, wanted) : room.take(webhook, wanted);
  return { ...visit, count, lacksRoom: count < wanted };
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
