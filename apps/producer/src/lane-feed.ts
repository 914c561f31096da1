import { randomUUID } from 'node:crypto';
import type { Lane } from '@posthorn/core';
import {
  type DueDelivery,
  type DuePage,
  type DuePageRequest,
  listDueDeliveries,
  listDueRetries,
  type PageEnd,
  type Pool,
} from '@posthorn/database';
import type { RetryPriorities } from '@posthorn/flow';
import { CLOSING, type DeliveryQueue, type WithheldLane } from '@posthorn/queue';

export interface LaneFeedDeps {
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

/** First attempts are withheld in order of their ids, retries in order of their due times. */
const SOURCES: Record<Lane, readonly ReadPage[]> = {
  fast: [readFirstAttempts],
  retry: [listDueRetries],
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
  /** Whether another lane of a shard is fed by itself. */
  isFedElsewhere(delivery: DueDelivery): boolean;
}

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
    const turn: Turn = {
      shards,
      room: new Map(shards.map(({ shard, room }) => [shard, room])),
      isFedElsewhere: ({ id, lane }) =>
        lane !== this.#lane &&
        all.some((other) => other.lane === lane && other.shard === this.#deps.queue.shardOf(id)),
    };
    if (await this.#walk(turn)) await this.#end(turn);
  }

  /** Makes the states of the lane those of this feed. Returns false, and starts again in the next turn, if one was not. */
  async #own(shards: readonly WithheldLane[]): Promise<boolean> {
    const own = this.#isClosing ? this.#closing : this.#feeding;
    if (this.#walks.length > 0 && shards.every(({ state }) => state === own)) return true;
    this.#start(false);
    await Promise.all(shards.map((shard) => this.#deps.queue.withheld.change(shard, this.#feeding)));
    return false;
  }

  #start(isClosing: boolean): void {
    this.#isClosing = isClosing;
    this.#startedAtMs = performance.now();
    this.#walks = SOURCES[this.#lane].map((read) => ({ read, after: null, hasEnded: false }));
  }

  /** Returns whether it has reached the ends of all sources. */
  async #walk(turn: Turn): Promise<boolean> {
    const endsAtMs = performance.now() + MAX_TURN_MS;
    for (const walk of this.#walks) walk.hasEnded = false;
    while (performance.now() < endsAtMs) {
      const next = this.#walks.filter(({ hasEnded }) => !hasEnded);
      if (next.length === 0) return true;
      // In turns, so that neither first attempts nor retries use all the room.
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
    const own = deliveries.filter((delivery) => !turn.isFedElsewhere(delivery));
    const missing = await queue.findMissingJobs(
      own.map(({ id }) => id),
      () => {},
    );
    const jobless = own.filter(({ id }) => missing.has(id));
    const fitting = jobless.filter((delivery) => this.#takeRoom(delivery, turn));
    const withheld = await queue.enqueueFitting(
      fitting.map(({ id, tenantId, lane, dueInMs: delayMs }) => ({
        deliveryId: id,
        lane,
        delayMs,
        priority: priorities.next({ tenantId, lane, delayMs }),
        fed: lane === this.#lane,
      })),
    );
    return fitting.length === jobless.length && withheld === 0;
  }

  #takeRoom({ id, lane }: DueDelivery, { room }: Turn): boolean {
    const shard = this.#deps.queue.shardOf(id);
    const free = room.get(shard);
    // The lane of another shard is not full.
    if (lane !== this.#lane || free === undefined) return true;
    room.set(shard, free - 1);
    return free > 0;
  }

  async #end({ shards }: Turn): Promise<void> {
    if (this.#isClosing)
      await Promise.all(shards.map((shard) => this.#deps.queue.withheld.change(shard, null)));
    else if (shards.every(({ isLow, hasRoomForDelayed }) => isLow && hasRoomForDelayed))
      await this.#close(shards);
    else if (performance.now() > this.#startedAtMs + RESTART_AFTER_MS) this.#start(false);
  }

  async #close(shards: readonly WithheldLane[]): Promise<void> {
    this.#start(true);
    await Promise.all(shards.map((shard) => this.#deps.queue.withheld.change(shard, this.#closing)));
  }
}
