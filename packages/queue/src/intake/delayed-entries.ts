import { createHash } from 'node:crypto';
import { type Job, Queue } from 'bullmq';
import { EVENTS_QUEUE } from '../redis/names.js';
import type { Push } from './push.js';
import type { RedisClient } from '../redis/redis.js';

/** The job of an entry begins with this. Contains a character that no publisher is likely to use. */
const JOB_PREFIX = 'posthorn~intake~';

/** A push that is an entry of the stream. */
type EntryPush = Extract<Push, { source: 'stream' }>;

/** Entries of the stream that are delayed: a stream has no delays, so they continue as jobs of the queue of events. */
export interface DelayedEntries {
  /** Adds the job of an entry. An entry that has a job keeps it. */
  add(push: Push, delayMs: number): Promise<void>;
}

export function openDelayedEntries(redis: RedisClient, prefix: string): DelayedEntries {
  const queue = new Queue(EVENTS_QUEUE, { connection: redis, prefix, skipMetasUpdate: true });
  queue.on('error', () => {});
  return {
    async add({ id, pushedAt, type, payload }, delayMs) {
      const data = { id, pushedAt: pushedAt.getTime(), fields: payload };
      const jobId = JOB_PREFIX + createHash('sha256').update(id).digest('hex');
      await queue.add(String(type), data, { jobId, delay: delayMs });
    },
  };
}

export const isDelayedEntry = ({ id }: Pick<Job, 'id'>): boolean => id?.startsWith(JOB_PREFIX) ?? false;

/** Returns the push of a delayed entry without its type, or null if the data of its job is not that of an entry. */
export function delayedEntry(json: string): Omit<EntryPush, 'type'> | null {
  const { id, pushedAt, fields } = parseObject(json);
  if (typeof id !== 'string' || typeof pushedAt !== 'number' || !isTextRecord(fields)) return null;
  return { source: 'stream', id, pushedAt: new Date(pushedAt), payload: fields };
}

/** Returns an empty object when `json` is not that of an object. */
export function parseObject(json: string): {
  id?: unknown;
  pushedAt?: unknown;
  fields?: unknown;
  delay?: unknown;
} {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}
