import type { Part } from '@posthorn/core';
import { EVENTS_QUEUE } from './names.js';
import { type ConsumerOptions, startConsumer } from './start-consumer.js';

/** A push: an event that a publisher added to Redis. Not validated yet. */
export type Push = {
  /** Stable: the same for every read of the push. */
  id: string;
  pushedAt: Date;
  /** The event type, if the push is well-formed. */
  type: unknown;
  /** Metadata of BullMQ's telemetry; by convention a W3C Trace Context as JSON text. */
  telemetry?: unknown;
} & (
  | { source: 'queue'; /** The data of the job. */ payload: unknown }
  | { source: 'stream'; /** The fields of the entry except the type. */ payload: Record<string, string> }
);

/** Ingests pushes from the BullMQ queue until stopped. A push is removed when `ingest` resolves. */
export function consumeEvents(
  options: ConsumerOptions,
  ingest: (push: Push) => Promise<void>,
): Promise<Part> {
  return startConsumer({ ...options, queueName: EVENTS_QUEUE, prefixes: [options.prefix] }, (job) =>
    ingest({
      source: 'queue',
      id: `${EVENTS_QUEUE}:${job.id}:${job.timestamp}`,
      pushedAt: new Date(job.timestamp),
      type: job.name,
      payload: job.data,
      telemetry: job.opts.telemetry?.metadata,
    }),
  );
}
