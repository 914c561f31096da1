import { isWithin, type Moment } from '@posthorn/core';
import type { LaneSample } from './add-jobs.js';
import {
  type CarriedDelivery,
  type CarriedJobData,
  MAX_CARRIED_AGE_MS,
  MAX_CARRIED_BODY,
} from './carried-delivery.js';

/** A delivery that was just stored, for its job to carry. */
export interface JustStored extends CarriedDelivery {
  /** When the statement that stored it was sent, or earlier. */
  readAt: Moment;
}

/** The reply of the server after jobs were added to the fast lane. */
interface ServerSample extends LaneSample {
  redisRunId: string;
  repliedAt: Moment;
}

/** While more jobs wait, further ones carry nothing: their deliveries would be too old, and use memory of Redis. */
const MAX_WAITING = 100;

/** Age from which a sample is not used, in milliseconds. */
const MAX_SAMPLE_AGE_MS = 1000;

/** Decides which jobs carry their deliveries, and dates those by the clock of Redis, as the last jobs that were added show it. */
export class JobCarrier {
  readonly #now: () => Moment;
  #sample: ServerSample | null = null;
  #carriedSince = 0;

  constructor(now: () => Moment) {
    this.#now = now;
  }

  learn({ redisMs, waiting }: LaneSample, redisRunId: string): void {
    this.#sample = { redisMs, waiting, redisRunId, repliedAt: this.#now() };
    this.#carriedSince = 0;
  }

  /** Returns the data of a job in the fast lane; null if it does not carry its delivery. */
  dataFor(delivery: JustStored): CarriedJobData | null {
    const { readAt } = delivery;
    const sample = this.#sample;
    const now = this.#now();
    // While a virtual machine is paused, monotonic time stands still and that of Redis does not: only the wall clock shows it.
    if (!sample || !isWithin(MAX_CARRIED_AGE_MS, { readAt, now })) return null;
    if (!isWithin(MAX_SAMPLE_AGE_MS, { readAt: sample.repliedAt, now })) return null;
    if (sample.waiting + this.#carriedSince >= MAX_WAITING || delivery.body.length > MAX_CARRIED_BODY)
      return null;
    this.#carriedSince += 1;
    return {
      redisRunId: sample.redisRunId,
      // Redis read its clock before its reply arrived, so this is not later than by the clock of Redis.
      readAtMs: sample.redisMs + readAt.monotonicMs - sample.repliedAt.monotonicMs,
      eventId: delivery.eventId,
      webhookId: delivery.webhookId,
      webhookVersion: delivery.webhookVersion,
      epoch: delivery.epoch,
      nextAttemptAtMs: delivery.nextAttemptAt.getTime(),
      eventType: delivery.eventType,
      body: delivery.body,
      traceContext: delivery.traceContext,
      attributes: delivery.attributes,
    };
  }
}
