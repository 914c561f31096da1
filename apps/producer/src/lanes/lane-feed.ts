import { randomUUID } from 'node:crypto';
import type { Lane } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import {
  type DueDelivery,
  type DuePage,
  type DuePageRequest,
  findDueDeliveries,
  listDueDeliveries,
  listDueRetries,
  type PageEnd,
} from '@posthorn/database/deliveries';
import { deliveryJobOf, type RetryPriorities } from '@posthorn/flow';
import { CLOSING, type DeliveryQueue, type WithheldLane } from '@posthorn/queue';

interface LaneFeedDeps {
  pool: Pool;
  queue: Pick<DeliveryQueue, 'enqueueFitting' | 'findMissingJobs' | 'withheld' | 'shardOf'>;
  priorities: Pick<RetryPriorities, 'next'>;
}

/** Maximum number of rows read at a time. */
const PAGE = 1000;

/** Maximum duration of a turn, in milliseconds. Other lanes have their turns, too. */
const MAX_TURN_MS = 100;

/** Deliveries that became due behind the present position, such as replayed ones, are found by starting again after this time. */
const RESTART_AFTER_MS = 10_000;

/** Reads a page of deliveries that may be withheld. */
type ReadPage = (pool: Pool, request: DuePageRequest) => Promise<DuePage>;

const readFirstAttempts: ReadPage = (pool, request) =>
  listDueDeliveries(pool, { ...request, firstAttempts: true });

/**
 * First attempts are withheld in order of their ids, retries in order of their due times. The lane `retry` also has first attempts: those
 * that were requested by a call.
 */
const SOURCES: Record<Lane, readonly ReadPage[]> = {
  fast: [readFirstAttempts],
  retry: [listDueRetries, readFirstAttempts],
  slow: [readFirstAttempts, listDueRetries],
  replay: [readFirstAttempts, listDueRetries],
};

/** A position in a source. */
interface Walk {
  read: ReadPage;
  after: PageEnd | null;
  hasEnded: boolean;
}

/** The state of a turn. */
interface Turn {
  shards: readonly WithheldLane[];
  /** The number of jobs that each shard of the lane still has room for. */
  room: Map<number, number>;
  /** Whether a delivery is of one of these shards, and no other feed adds it. */
  mayAdd: (delivery: DueDelivery) => boolean;
}

const keyOf = (shards: readonly WithheldLane[]): string => shards.map(({ shard }) => shard).join();

/**
 * Feeds one lane. It reads the due deliveries from the oldest on and adds the jobs that are missing, as long as the lane has room. When
 * it has reached the newest one, it changes the state of the lane to `closing`: from then on new deliveries get jobs at once. Those that
 * were withheld before are committed, so that reading all deliveries again finds them. Then it removes the state.
 *
 * If it dies, another one starts with the first delivery. One that was frozen changes nothing: the state is no longer its own.
 */
export class LaneFeed {
  readonly #deps: LaneFeedDeps;
  readonly #lane: Lane;
  /** The state of the lane while this feed feeds it, and while it closes. */
  readonly #feeding = randomUUID();
  readonly #closing = CLOSING + this.#feeding;
  #walks: Walk[] = [];
  #isClosing = false;
  /** The shards whose deliveries it adds since it started. */
  #shards = '';
  #startedAtMs = 0;

  constructor(deps: LaneFeedDeps, lane: Lane) {
    this.#deps = deps;
    this.#lane = lane;
  }

  /**
   * @param shards the shards in which the lane withholds deliveries
   * @param all the lanes that withhold deliveries
   */
  async advance(shards: readonly WithheldLane[], all: readonly WithheldLane[]): Promise<void> {
    if (!(await this.#own(shards))) return;
    if (!shards.some(({ isLow }) => isLow)) return;
    const room = new Map(shards.map(({ shard, room: free }) => [shard, free]));
    const mayAdd = ({ id, lane }: DueDelivery): boolean => {
      const shard = this.#deps.queue.shardOf(id);
      const isFedElsewhere = all.some((other) => other.lane === lane && other.shard === shard);
      return room.has(shard) && (lane === this.#lane || !isFedElsewhere);
    };
    const turn: Turn = { shards, room, mayAdd };
    if (await this.#walk(turn)) await this.#end(turn);
  }

  /**
   * Makes the states of the lane those of this feed. Returns false, and starts again in the next turn, if one was not, or if other shards
   * withhold deliveries or reply than when it started.
   */
  async #own(shards: readonly WithheldLane[]): Promise<boolean> {
    const own = this.#isClosing ? this.#closing : this.#feeding;
    if (shards.every(({ state }) => state === own) && this.#shards === keyOf(shards)) return true;
    this.#start(shards, false);
    await Promise.all(shards.map((shard) => this.#deps.queue.withheld.change(shard, this.#feeding)));
    return false;
  }

  #start(shards: readonly WithheldLane[], isClosing: boolean): void {
    this.#isClosing = isClosing;
    this.#shards = keyOf(shards);
    this.#startedAtMs = performance.now();
    this.#walks = SOURCES[this.#lane].map((read) => ({ read, after: null, hasEnded: false }));
  }

  /** Returns whether it has reached the ends of all sources. */
  async #walk(turn: Turn): Promise<boolean> {
    const endsAtMs = performance.now() + MAX_TURN_MS;
    for (const walk of this.#walks) walk.hasEnded = false;
    // Each source comes first in turns, so that neither first attempts nor retries use all the room.
    this.#walks.reverse();
    while (performance.now() < endsAtMs) {
      const next = this.#walks.filter(({ hasEnded }) => !hasEnded);
      if (next.length === 0) return true;
      for (const walk of next) if (!(await this.#readPage(walk, turn))) return false;
    }
    return false;
  }

  /** Returns false if the lane has no room for the deliveries of the page. The next turn reads them again. */
  async #readPage(walk: Walk, turn: Turn): Promise<boolean> {
    const overdueMs = this.#isClosing ? null : 0;
    const { deliveries, end } = await walk.read(this.#deps.pool, {
      overdueMs,
      after: walk.after,
      limit: PAGE,
    });
    if (!(await this.#add(deliveries, turn))) return false;
    if (end) walk.after = end;
    else walk.hasEnded = true;
    return true;
  }

  /**
   * Adds the missing jobs in their order. The lane of a delivery may have changed since it was withheld, so this includes those of lanes
   * that no feed feeds. Returns false if some have no room.
   */
  async #add(deliveries: readonly DueDelivery[], turn: Turn): Promise<boolean> {
    const { queue, priorities } = this.#deps;
    const jobless = await this.#findJobless(deliveries.filter(turn.mayAdd));
    const fitting = jobless.filter((delivery) => this.#takeRoom(delivery, turn));
    const withheld = await queue.enqueueFitting(
      fitting.map((due) => ({ ...deliveryJobOf(due, priorities), fed: due.lane === this.#lane })),
    );
    return fitting.length === jobless.length && withheld === 0;
  }

  /**
   * Reads the deliveries without a job again: a worker may have ended the job since they were read. It changes the delivery before that,
   * so one that still is due has lost its job, or never had one.
   */
  async #findJobless(deliveries: readonly DueDelivery[]): Promise<DueDelivery[]> {
    const { pool, queue } = this.#deps;
    const missing = await queue.findMissingJobs(deliveries.map(({ id }) => id));
    if (missing.size === 0) return [];
    const overdueMs = this.#isClosing ? null : 0;
    const current = await findDueDeliveries(pool, { ids: [...missing], overdueMs });
    const byId = new Map(current.map((delivery) => [delivery.id, delivery]));
    return deliveries.flatMap(({ id }) => byId.get(id) ?? []);
  }

  #takeRoom({ id, lane }: DueDelivery, { room }: Turn): boolean {
    if (lane !== this.#lane) return true;
    const shard = this.#deps.queue.shardOf(id);
    const free = room.get(shard) ?? 0;
    room.set(shard, free - 1);
    return free > 0;
  }

  async #end({ shards }: Turn): Promise<void> {
    if (this.#isClosing)
      await Promise.all(shards.map((shard) => this.#deps.queue.withheld.change(shard, null)));
    else if (shards.every(({ isLow, hasRoomForDelayed }) => isLow && hasRoomForDelayed))
      await this.#close(shards);
    else if (performance.now() > this.#startedAtMs + RESTART_AFTER_MS) this.#start(shards, false);
  }

  async #close(shards: readonly WithheldLane[]): Promise<void> {
    this.#start(shards, true);
    await Promise.all(shards.map((shard) => this.#deps.queue.withheld.change(shard, this.#closing)));
  }
}
