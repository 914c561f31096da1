import type { Queue } from 'bullmq';
import { addStandardJob } from 'bullmq/dist/cjs/scripts/addStandardJob-9.js';
import type { RedisClient } from './redis.js';
import type { RedisScript } from './script-client.js';

/** Most jobs of one call. Redis runs nothing else meanwhile, for about 1.5 ms. */
const MAX_JOBS = 100;

/**
 * BullMQ's own script, which adds one job, run for many. It decodes its arguments with `cmsgpack.unpack`; here they are tables
 * already.
 */
const ADD_WAITING_JOBS: RedisScript = {
  numberOfKeys: addStandardJob.keys,
  lua: `
local keyPrefix, timestamp = ARGV[1], ARGV[2]
local cmsgpack = { unpack = function(value) return value end }
local function add(KEYS, ARGV)
${addStandardJob.content}
end
for index = 3, #ARGV, 3 do
  local id, name, lifo = ARGV[index], ARGV[index + 1], ARGV[index + 2] == '1' or nil
  add(KEYS, { { keyPrefix, id, name, timestamp }, '{}', { jobId = id, lifo = lifo } })
end`,
};

interface ScriptClient {
  addWaitingJobs(keysAndArguments: string[]): Promise<unknown>;
}

export interface WaitingJob {
  jobId: string;
  name: string;
  /** Whether it runs before those that wait. */
  lifo: boolean;
}

/** Adds jobs without data to the waiting jobs of a queue. A job that exists is kept. */
export type AddWaitingJobs = (queue: Queue, jobs: readonly WaitingJob[]) => Promise<void>;

/** Returns a function that adds jobs as `Queue.add` does, but many in one call, at less than half the CPU. */
export function addWaitingJobs(redis: RedisClient): AddWaitingJobs {
  redis.defineCommand('addWaitingJobs', ADD_WAITING_JOBS);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  const client = redis as RedisClient & ScriptClient;

  return async (queue, jobs) => {
    const keys = keysOf(queue);
    const timestamp = String(Date.now());
    const calls: Promise<unknown>[] = [];
    for (let start = 0; start < jobs.length; start += MAX_JOBS) {
      const chunk = jobs.slice(start, start + MAX_JOBS);
      const args = chunk.flatMap(({ jobId, name, lifo }) => [jobId, name, lifo ? '1' : '0']);
      calls.push(client.addWaitingJobs([...keys, queue.toKey(''), timestamp, ...args]));
    }
    await Promise.all(calls);
  };
}

/** Returns the keys of the script, in its order. */
const keysOf = (queue: Queue): string[] =>
  ['wait', 'paused', 'meta', 'id', 'completed', 'delayed', 'active', 'events', 'marker'].map((name) =>
    queue.toKey(name),
  );
