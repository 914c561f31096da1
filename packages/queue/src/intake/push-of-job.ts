import type { Job } from 'bullmq';
import { delayedEntry, isDelayedEntry } from './delayed-entries.js';
import { EVENTS_QUEUE } from '../redis/names.js';
import type { Push, PushRejection } from './push.js';

interface JobContents {
  payload: string;
  rejection: PushRejection | null;
  /** Distinguishes queues, in which jobs may have the same id and time. */
  queueId: string;
}

/** The fields of a job that its push has. */
export type PushJob = Pick<Job, 'id' | 'name' | 'timestamp' | 'opts' | 'attemptsMade'>;

/** Returns the id of the queue of a job. That of the main queue does not depend on the prefix. */
export const queueIdOf = (queueQualifiedName: string, prefix: string): string =>
  queueQualifiedName === `${prefix}:${EVENTS_QUEUE}` ? EVENTS_QUEUE : queueQualifiedName;

/** Returns the push of a job of the queue of events. */
export function pushOfJob(job: PushJob, { payload, rejection, queueId }: JobContents): Push {
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
function scheduledAt({ timestamp, opts }: Pick<PushJob, 'timestamp' | 'opts'>): Date {
  const delay = Number(opts.delay);
  return new Date(timestamp + (delay > 0 ? delay : 0));
}
