import type { Part } from '@posthorn/core';
import type { Job } from 'bullmq';
import { boundJobReads, defineReadJobData, omittedDataBytes } from '../bullmq/bounded-job-reads.js';
import { ByteBudget } from '../limits/byte-budget.js';
import { isDelayedEntry } from './delayed-entries.js';
import { Isolation } from '../redis/isolation.js';
import type { Doorbell } from '../wake/doorbell.js';
import { EVENTS_QUEUE, eventsLog } from '../redis/names.js';
import { pushOfJob, queueIdOf } from './push-of-job.js';
import { type Push, rejectHarmful, rejectLarge } from './push.js';
import { CRASHES_BEFORE_ISOLATION, MAX_BYTES_IN_PROGRESS, PREVIEW_BYTES } from '../limits/push-limits.js';
import { connectForConsuming } from '../redis/redis.js';
import { pushPrefixes } from '../redis/shards.js';
import { type ConsumerOptions, RetryLater, startConsumer } from '../bullmq/start-consumer.js';

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

  async function ingestJob(job: Job<string>): Promise<void> {
    const dataBytes = omittedDataBytes(job);
    // The size of an entry of the stream was checked when it was read.
    const tooLarge = isDelayedEntry(job) ? null : rejectLarge(dataBytes ?? 0);
    const rejection = tooLarge ?? rejectHarmful(job.stalledCounter);
    const queueId = queueIdOf(job.queueQualifiedName, options.prefix);
    if (dataBytes === null) return ingest(pushOfJob(job, { payload: job.data, rejection, queueId }));
    const maxBytes = rejection ? PREVIEW_BYTES : dataBytes;
    await budget.use(Math.min(maxBytes, MAX_BYTES_IN_PROGRESS), async () => {
      const data = await readJobData(`${job.queueQualifiedName}:${job.id}`, maxBytes);
      if (!data) return;
      if (data.isCut && !rejection) throw new RetryLater(CHANGED_DELAY_MS);
      await ingest(pushOfJob(job, { payload: data.text, rejection, queueId }));
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
