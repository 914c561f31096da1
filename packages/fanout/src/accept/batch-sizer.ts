import { isStatementTimeout } from '@posthorn/database/connection';
import type { PendingEvent } from '../events/compose-event.js';
import {
  type CountSubscriptions,
  FanOutEstimator,
  type TenantEventType,
} from '../events/fan-out-estimator.js';

/** Maximum weight of one batch: characters of events, plus a fixed weight for each event and each expected delivery. */
const MAX_WEIGHT = 4 * 1024 * 1024;

/**
 * The weight of a backlog for which no call is refused: 900 events with one webhook, or two with 1,000. To refuse a call costs
 * about as much CPU as to store such a small event.
 */
export const SMALL_BACKLOG = 2 * MAX_WEIGHT;

/** Least limit after timeouts: a few events with a small fan-out. */
const MIN_LIMIT = 64 * 1024;

/** Weight of a delivery, and of an event apart from its data and its deliveries. */
const ROW_WEIGHT = 4 * 1024;

/** A batch that takes less time is far from the timeout, so the next one may be larger. */
const QUICK_MS = 500;
const GROWTH = 1.1;

/** The deliveries of an event that fills a batch. */
const LARGE_FAN_OUT = MAX_WEIGHT / ROW_WEIGHT;

/** The statement timeout of such an event: a fan-out of 100,000 takes about 10 s, and longer on a busy server. */
const LARGE_EVENT_TIMEOUT_MS = 10_000;
const LARGE_EVENT_TIMEOUT_MS_PER_DELIVERY = 1;

/**
 * Sizes batches so that a statement creates about 1,000 deliveries at most. The limit is halved when a statement times out, and
 * grows again while statements are quick.
 */
export class BatchSizer {
  readonly #fanOuts: FanOutEstimator;
  #maxWeight = MAX_WEIGHT;

  constructor(countSubscriptions: CountSubscriptions) {
    this.#fanOuts = new FanOutEstimator(countSubscriptions);
  }

  /** The most weight of the next batch. */
  get maxWeight(): number {
    return this.#maxWeight;
  }

  /** Returns the weight of an event. An event of unknown fan-out fills a batch. */
  weigh({ event, dataText }: PendingEvent): number {
    return dataText.length + this.weighRows(event);
  }

  /** Returns the weight of an event without its data. */
  weighRows(type: TenantEventType): number {
    const fanOut = this.#fanOuts.estimate(type);
    return fanOut === null ? MAX_WEIGHT : (1 + fanOut) * ROW_WEIGHT;
  }

  /** Prepares to weigh events: counts the subscriptions of types that were not published recently. */
  async prepare(events: readonly TenantEventType[]): Promise<void> {
    const unknown = this.#fanOuts.unknown(events);
    if (unknown.length > 0) await this.#fanOuts.count(unknown);
  }

  /** Returns the statement timeout of a batch that consists of one large event, or null. */
  timeoutMs(batch: readonly PendingEvent[]): number | null {
    const fanOut = this.#fanOutOfOnly(batch);
    if (fanOut === null || fanOut < LARGE_FAN_OUT) return null;
    return LARGE_EVENT_TIMEOUT_MS + fanOut * LARGE_EVENT_TIMEOUT_MS_PER_DELIVERY;
  }

  /** Returns whether a batch has at most this number of deliveries, as far as is known. */
  expectsAtMost(maxDeliveries: number, batch: readonly PendingEvent[]): boolean {
    let total = 0;
    for (const { event } of batch) total += this.#fanOuts.estimate(event) ?? Infinity;
    return total <= maxDeliveries;
  }

  /** Runs the statement of a batch and adapts the size of later batches to its duration. */
  async measure<Result>(batch: readonly PendingEvent[], run: () => Promise<Result>): Promise<Result> {
    const startedAtMs = performance.now();
    try {
      const result = await run();
      if (performance.now() - startedAtMs < QUICK_MS) this.#grow();
      return result;
    } catch (error) {
      if (isStatementTimeout(error)) this.#shrink(batch);
      throw error;
    }
  }

  /** Learns from the deliveries of accepted events. */
  learn(fanOuts: Parameters<FanOutEstimator['learn']>[0]): void {
    this.#fanOuts.learn(fanOuts);
  }

  /** Returns the estimate for the event that is a whole batch. Null if there are more, or it is unknown. */
  #fanOutOfOnly([first, ...others]: readonly PendingEvent[]): number | null {
    return first && others.length === 0 ? this.#fanOuts.estimate(first.event) : null;
  }

  #grow(): void {
    this.#maxWeight = Math.min(this.#maxWeight * GROWTH, MAX_WEIGHT);
  }

  #shrink(batch: readonly PendingEvent[]): void {
    this.#maxWeight = Math.max(this.#maxWeight / 2, MIN_LIMIT);
    this.#fanOuts.forget(batch.map(({ event }) => event));
  }
}
