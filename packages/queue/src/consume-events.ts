import type { Part } from '@posthorn/core';
import type { Job } from 'bullmq';
import { boundJobReads, defineReadJobData, omittedDataBytes } from './bullmq/bounded-job-reads.js';
import { ByteBudget } from './byte-budget.js';
import { delayedEntry, isDelayedEntry } from './delayed-entries.js';
import { Isolation } from './isolation.js';
import type { Doorbell } from './doorbell.js';
import { EVENTS_QUEUE, eventsLog } from './names.js';
import { type Push, type PushRejection, rejectHarmful, rejectLarge } from './push.js';
import { CRASHES_BEFORE_ISOLATION, MAX_BYTES_IN_PROGRESS, PREVIEW_BYTES } from './push-limits.js';
import { connectForConsuming } from './redis.js';
import { pushPrefixes } from './shards.js';
import { type ConsumerOptions, RetryLater, startConsumer } from './bullmq/start-consumer.js';

/** Delay of a push that arrives while another one is ingested alone. */
const ISOLATION_DELAY_MS = 1000;

/** Delay of a push whose data changes while it is read. */
const CHANGED_DELAY_MS = 1;

/** Ingests pushes from the BullMQ queue of each prefix until stopped. A push is removed when `ingest` resolves. */
export async function consumeEvents(
  { doorbell, ...options }: ConsumerOptions & { doorbell: Pick<Doorbell, 'on'> },
  ingest: (push: Push) => Promise<void>,
): Promise<Part> {
  const redis = connectForConsuming(options);
  boundJobReads(redis);
  const readJobData = defineReadJobData(redis);
  const budget = new ByteBudget(MAX_BYTES_IN_PROGRESS);
  const isolation = new Isolation();

  /** Returns the id of the queue of a job. That of the main queue does not depend on the prefix. */
  function queueIdOf({ queueQualifiedName }: Job): string {
    return queueQualifiedName === `${options.prefix}:${EVENTS_QUEUE}` ? EVENTS_QUEUE : queueQualifiedName;
  }

  async function ingestJob(job: Job<string>): Promise<void> {
    const dataBytes = omittedDataBytes(job);
    // The size of an entry of the stream was checked when it was read.
    const tooLarge = isDelayedEntry(job) ? null : rejectLarge(dataBytes ?? 0);
    const rejection = tooLarge ?? rejectHarmful(job.stalledCounter);
    if (dataBytes === null)
      return ingest(toPush(job, { payload: job.data, rejection, queueId: queueIdOf(job) }));
    const maxBytes = rejection ? PREVIEW_BYTES : dataBytes;
    await budget.use(Math.min(maxBytes, MAX_BYTES_IN_PROGRESS), async () => {
      const data = await readJobData(`${job.queueQualifiedName}:${job.id}`, maxBytes);
      if (!data) return;
      if (data.isCut && !rejection) throw new RetryLater(CHANGED_DELAY_MS);
      await ingest(toPush(job, { payload: data.text, rejection, queueId: queueIdOf(job) }));
    });
  }

  const starting = startConsumer(
    {
      ...options,
      redis,
      queueName: EVENTS_QUEUE,
      prefixes: pushPrefixes(options),
    },
    async (job) => {
      if (isolation.isClosed) throw new RetryLater(ISOLATION_DELAY_MS);
      const isSuspect = job.stalledCounter >= CRASHES_BEFORE_ISOLATION;
      // Jobs are fetched one by one until a job is no suspect.
      void starting.then((consumer) => consumer.limit(isSuspect ? 1 : options.concurrency));
      await (isSuspect ? isolation.runAlone(() => ingestJob(job)) : isolation.run(() => ingestJob(job)));
    },
  );
  const consumer = await starting;
  // BullMQ 4 does not wake a waiting worker.
  doorbell.on(eventsLog(options.prefix), () => consumer.wake());
  return consumer;
}

interface JobContents {
  payload: string;
  rejection: PushRejection | null;
  /** Distinguishes queues, in which jobs may have the same id and time. */
  queueId: string;
}

function toPush(job: Job<string>, { payload, rejection, queueId }: JobContents): Push {
  const entry = isDelayedEntry(job) ? delayedEntry(payload) : null;
  if (entry) return { ...entry, type: job.name, hasWaited: true, ...(rejection && { rejection }) };
  return {
    source: 'queue',
    id: `${queueId}:${job.id}:${job.timestamp}`,
    pushedAt: scheduledAt(job),
    type: job.name,
    payload,
    telemetry: job.opts.telemetry?.metadata,
    ...(job.attemptsMade > 0 && { hasWaited: true }),
    ...(rejection && { rejection }),
  };
}

/** Returns the time for which the job was scheduled; that of its creation if it was not. */
export function scheduledAt({ timestamp, opts }: { timestamp: number; opts: { delay?: unknown } }): Date {
  const delay = Number(opts.delay);
  return new Date(timestamp + (delay > 0 ? delay : 0));
}
