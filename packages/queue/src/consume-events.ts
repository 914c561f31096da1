import type { Part } from '@posthorn/core';
import { type ConsumerOptions, startConsumer } from './start-consumer.js';
import { EVENTS_QUEUE } from './names.js';

/** A push as it was read from Redis; nothing in it is trusted yet. */
export type Push = {
  /** The same at every reading of the same push. */
  id: string;
  pushedAt: Date;
  /** The event's type, if the push is well-formed. */
  type: unknown;
  /** What the telemetry of BullMQ sent along with the job: by its convention, W3C Trace Context as JSON text. */
  telemetry?: unknown;
} & (
  | { source: 'queue'; /** The data of the job. */ payload: unknown }
  | { source: 'stream'; /** The fields of the entry but the type. */ payload: Record<string, string> }
);

/** Takes pushed events off the BullMQ queue until stopped. A push is over when `take` resolves. */
export function consumeEvents(options: ConsumerOptions, take: (push: Push) => Promise<void>): Promise<Part> {
  return startConsumer({ ...options, queueName: EVENTS_QUEUE, prefixes: [options.prefix] }, (job) =>
    take({
      source: 'queue',
      id: `${EVENTS_QUEUE}:${job.id}:${job.timestamp}`,
      pushedAt: new Date(job.timestamp),
      type: job.name,
      payload: job.data,
      telemetry: job.opts.telemetry?.metadata,
    }),
  );
}
