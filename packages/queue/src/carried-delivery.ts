import type { EventAttributes, Moment, TraceContext } from '@posthorn/core';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { fetchOf } from './fetched-jobs.js';
import { FIRST_RECONNECT_MS } from './redis.js';

/** A new delivery as it was stored, with its event. */
export interface CarriedDelivery {
  eventId: string;
  webhookId: string;
  /** The version of the row of the webhook that it matched. */
  webhookVersion: string;
  epoch: number;
  nextAttemptAt: Date;
  eventType: string;
  body: string;
  traceContext: TraceContext | null;
  attributes: EventAttributes | null;
}

/** A delivery that its job carried to this worker. */
export interface CarriedRead {
  delivery: CarriedDelivery;
  /** Not later than the statement that stored it was sent. */
  readAt: Moment;
}

/**
 * Age from which a carried delivery is loaded, in milliseconds. A job may be added late, after the reconciler has added another one
 * that is complete, or twice, when the first reply was lost: then it is older.
 */
export const MAX_CARRIED_AGE_MS = FIRST_RECONNECT_MS;

/** Longest body that a job carries, in characters. */
export const MAX_CARRIED_BODY = 4096;

/** Longest data that is parsed: a body in JSON can be twice as long, and the trace context is limited. */
const MAX_DATA_LENGTH = 3 * MAX_CARRIED_BODY;

/** The data of a job that carries its delivery. */
const jobData = z.strictObject({
  /** The Redis server to which the job was added, until its restart. */
  redisRunId: z.string(),
  /** When the statement that stored the delivery was sent, or earlier, by the clock of Redis, in milliseconds since 1970. */
  readAtMs: z.number(),
  eventId: z.guid(),
  webhookId: z.guid(),
  webhookVersion: z.string(),
  epoch: z.int(),
  nextAttemptAtMs: z.int(),
  eventType: z.string(),
  body: z.string().max(MAX_CARRIED_BODY),
  traceContext: z
    .strictObject({ traceparent: z.string(), tracestate: z.string().exactOptional() })
    .nullable(),
  attributes: z
    .strictObject({
      idempotencyKey: z.string().exactOptional(),
      metadata: z.record(z.string(), z.string()).exactOptional(),
    })
    .nullable(),
});

export type CarriedJobData = z.infer<typeof jobData>;

/**
 * Returns the delivery that a job carries. Null if it carries none, or if it may be a second job of a delivery that is no longer
 * pending: in every run of a job but the first, and after a restart or failover of Redis, which may bring back completed jobs.
 */
export function carriedIn(job: Job): CarriedRead | null {
  const fetch = fetchOf(job);
  if (job.attemptsStarted !== 1 || !fetch) return null;
  const data = parse(job.data);
  if (!data || data.redisRunId !== fetch.redisRunId) return null;
  const { redisRunId: _, readAtMs, nextAttemptAtMs, ...delivery } = data;
  const ageMs = fetch.redisMs - readAtMs;
  return {
    delivery: { ...delivery, nextAttemptAt: new Date(nextAttemptAtMs) },
    readAt: { monotonicMs: fetch.askedAt.monotonicMs - ageMs, wallMs: fetch.askedAt.wallMs - ageMs },
  };
}

function parse(text: unknown): CarriedJobData | null {
  // Without a delivery it is an empty object.
  if (typeof text !== 'string' || text.length <= 2 || text.length > MAX_DATA_LENGTH) return null;
  try {
    return jobData.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
