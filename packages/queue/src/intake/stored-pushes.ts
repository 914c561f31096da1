import { groupBy } from '@posthorn/core';
import type { Queue } from 'bullmq';
import { Cluster, type Redis } from 'ioredis';
import { isDelayedEntry, parseObject } from './delayed-entries.js';
import { type EntryReply, pushOfEntry, toEntry } from './intake-reader.js';
import { READ_BACKWARD, REMOVE_UNREAD } from './intake-scripts.js';
import { EVENTS_QUEUE, intakeGenerationKey, intakeStream } from '../redis/names.js';
import { type PushJob, pushOfJob, queueIdOf } from './push-of-job.js';
import { type Push, rejectLarge } from './push.js';
import {
  MAX_BYTES_IN_PROGRESS,
  MAX_INLINE_BYTES,
  MAX_PUSH_BYTES,
  PREVIEW_BYTES,
} from '../limits/push-limits.js';
import type { RedisClient } from '../redis/redis.js';

/** A push in Redis, in whatever state. */
export interface StoredPush {
  push: Push;
  /** When its publisher added it, by the publisher's clock, also if it was scheduled for later. */
  addedAt: Date;
  /** Removes it, unless a producer has begun to ingest it. Returns whether it is gone. */
  remove(): Promise<boolean>;
}

/** Keys that Redis looks at in one command, for about 0.3 ms. */
const SCANNED_KEYS = 1000;

/** Keys that one script reads. */
const READ_KEYS = 100;

/**
 * Reads jobs, until they are large. KEYS: of possible jobs. ARGV: the size up to which each is read; of a larger one, the beginning. Returns
 * the number of keys that it has read, and of each job its index among them, its fields, the size of its data, and the data.
 */
const READ_JOBS = `
local jobs, totalBytes, read = {}, 0, 0
for index, key in ipairs(KEYS) do
  if totalBytes >= ${MAX_BYTES_IN_PROGRESS} then break end
  read = index
  local fields = redis.pcall('HMGET', key, 'name', 'opts', 'timestamp', 'atm', 'rjk')
  local bytes = fields.err and 0 or redis.call('HSTRLEN', key, 'data')
  if not fields.err and (fields[1] or bytes > 0) then
    local data = redis.call('HGET', key, 'data') or ''
    if bytes > tonumber(ARGV[index]) then data = string.sub(data, 1, ${PREVIEW_BYTES}) end
    for field = 1, 5 do fields[field] = string.sub(fields[field] or '', 1, ${MAX_INLINE_BYTES}) end
    totalBytes = totalBytes + #data
    table.insert(jobs, {index, fields, bytes, data})
  end
end
return {read, jobs}
`;

type JobReply = [
  index: number,
  fields: [name: string, opts: string, timestamp: string, attempts: string, scheduler: string],
  bytes: number,
  data: string,
];

interface Commands {
  readBackward(stream: string, generation: string, last: string): Promise<EntryReply[]>;
  removeUnread(stream: string, id: string): Promise<number>;
  readJobs(keyCount: number, ...keysAndSizes: (string | number)[]): Promise<[read: number, jobs: JobReply[]]>;
}

type PushClient = RedisClient & Commands;

/** Adds the commands that read pushes to a client. */
export function withPushCommands(redis: RedisClient): PushClient {
  redis.defineCommand('readBackward', { numberOfKeys: 2, lua: READ_BACKWARD });
  redis.defineCommand('removeUnread', { numberOfKeys: 1, lua: REMOVE_UNREAD });
  redis.defineCommand('readJobs', { lua: READ_JOBS });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  return redis as PushClient;
}

/** Returns the entries of the stream, in pages, newest first: entries that are added meanwhile are not read. */
export async function* storedEntries(redis: PushClient, prefix: string): AsyncGenerator<StoredPush[]> {
  const stream = intakeStream(prefix);
  for (let last = '+'; ;) {
    const entries = (await redis.readBackward(stream, intakeGenerationKey(prefix), last)).map(toEntry);
    const lowest = entries.at(-1);
    if (lowest === undefined) return;
    yield entries.map((entry) => {
      const push = pushOfEntry(stream, entry);
      const remove = async () => (await redis.removeUnread(stream, entry.id)) === 1;
      return { push, addedAt: push.pushedAt, remove };
    });
    last = `(${lowest.id}`;
  }
}

/**
 * Returns the jobs of the queues of events, in pages. A job that exists during the whole iteration is found, whatever states it has
 * meanwhile: its key stays the same, and SCAN finds each key that stays. There is one iteration for all queues: it visits all keys.
 */
export async function* storedJobs(
  redis: PushClient,
  queues: readonly Queue[],
  prefix: string,
): AsyncGenerator<StoredPush[]> {
  const [first, ...others] = queues.map((queue) => escapeGlob(queue.toKey('')));
  const pattern = others.length === 0 ? `${first}*` : `*:${EVENTS_QUEUE}:*`;
  const queueOf = (key: string) => queues.find((queue) => key.startsWith(queue.toKey('')));
  for await (const keys of scanKeys(redis, pattern))
    for (const [queue, own] of groupBy(keys, queueOf))
      if (queue) yield* readJobs(redis, own, { queue, prefix });
}

/** Reads the jobs that have some of the keys, which a cluster has on one node. */
async function* readJobs(
  redis: PushClient,
  keys: readonly string[],
  { queue, prefix }: { queue: Queue; prefix: string },
): AsyncGenerator<StoredPush[]> {
  for (let rest = keys; rest.length > 0;) {
    const batch = rest.slice(0, READ_KEYS);
    const sizes = batch.map((key) => (isDelayedEntry({ id: idIn(key, queue) }) ? Infinity : MAX_PUSH_BYTES));
    const [read, jobs] = await redis.readJobs(batch.length, ...batch, ...sizes.map(sizeText));
    yield jobs.flatMap((job) => storedJob(job, { key: batch[job[0] - 1] ?? '', queue, prefix }) ?? []);
    rest = rest.slice(read);
  }
}

const sizeText = (size: number): string => (size === Infinity ? '1e15' : String(size));

const idIn = (key: string, queue: Queue): string => key.slice(queue.toKey('').length);

/** Returns null for the template of a job scheduler, whose jobs count as published when they run. */
function storedJob(
  [, [name, opts, timestamp, attempts, scheduler], bytes, payload]: JobReply,
  { key, queue, prefix }: { key: string; queue: Queue; prefix: string },
): StoredPush | null {
  const id = idIn(key, queue);
  if (id.startsWith('repeat:') && scheduler === '') return null;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only `delay` and `telemetry` are used, which any value may be
  const parsed = parseObject(opts) as PushJob['opts'];
  const job = { id, name, timestamp: Number(timestamp), opts: parsed, attemptsMade: Number(attempts) };
  const isEntry = isDelayedEntry({ id });
  const rejection = isEntry ? null : rejectLarge(bytes);
  const push = pushOfJob(job, { payload, rejection, queueId: queueIdOf(queue.qualifiedName, prefix) });
  return {
    push,
    // The job of an entry is from when a producer put the entry off.
    addedAt: isEntry ? push.pushedAt : new Date(job.timestamp),
    // 0: a producer has it.
    remove: async () => (await queue.remove(id, { removeChildren: false })) !== 0,
  };
}

/** Returns the keys that match a pattern, in pages. @throws Error if another server continued, for which the cursor means nothing */
async function* scanKeys(redis: RedisClient, pattern: string): AsyncGenerator<string[]> {
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis])
    yield* scanNode(node, pattern);
}

async function* scanNode(node: Redis, pattern: string): AsyncGenerator<string[]> {
  let isInterrupted = false;
  const onClose = () => {
    isInterrupted = true;
  };
  node.once('close', onClose);
  try {
    for (let cursor = ''; cursor !== '0';) {
      const [next, keys] = await node.scan(cursor || '0', 'MATCH', pattern, 'COUNT', SCANNED_KEYS);
      if (isInterrupted) throw new Error('The connection to Redis was interrupted');
      if (keys.length > 0) yield keys;
      cursor = next;
    }
  } finally {
    node.off('close', onClose);
  }
}

const escapeGlob = (text: string): string => text.replaceAll(/[\\*?[\]]/g, String.raw`\$&`);
