import type { Queue } from 'bullmq';
import { type RedisClient, writeNow } from '../redis/redis.js';
import type { RedisScript } from '../redis/script-client.js';
import { CLOSING, WITHHOLDING } from '../limits/withheld-lanes.js';

/** Maximum number of jobs of one call. Redis runs nothing else meanwhile, for about 1 ms. */
const MAX_JOBS = 200;

/**
 * Writes what BullMQ's scripts for adding one job write, for many jobs: the job, its place in a list or set, and the marker that wakes
 * a worker. Not the id among the options, nor BullMQ's counter of jobs and its log, which nobody reads.
 *
 * Withholds jobs while the lane is full, and, so that the order remains, `new` ones until the lane feeder has added those that were
 * withheld before (`withheld-lanes.ts`). Delayed jobs fill at most half of a lane.
 */
const ADD_JOBS: RedisScript = {
  numberOfKeys: 2,
  lua: `
local waitKey, markerKey = KEYS[1], KEYS[2]
local keyPrefix, timestamp, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local prioritizedKey, delayedKey, withheldKey = keyPrefix .. 'prioritized', keyPrefix .. 'delayed', keyPrefix .. 'withheld'
local delayed = redis.call('ZCARD', delayedKey)
local length = redis.call('LLEN', waitKey) + delayed + redis.call('ZCARD', prioritizedKey)
local state = redis.call('GET', withheldKey)
local isWithholding = state and string.sub(state, 1, ${CLOSING.length}) ~= '${CLOSING}'
local limits = { new = isWithholding and 0 or limit, fed = limit, first = limit * 1.25, next = math.huge, unlimited = math.huge }
local first, last, added, withheld = {}, {}, 0, 0

local function delayJob(id, delay)
  local dueAt = timestamp + delay
  local min, max = dueAt * 4096, dueAt * 4096 + 4095
  local newest = redis.call('ZREVRANGEBYSCORE', delayedKey, max, min, 'WITHSCORES', 'LIMIT', 0, 1)[2]
  redis.call('ZADD', delayedKey, string.format('%.0f', newest and math.min(newest + 1, max) or min), id)
  local next = redis.call('ZRANGE', delayedKey, 0, 0, 'WITHSCORES')[2]
  redis.call('ZADD', markerKey, string.format('%.0f', math.floor(next / 4096)), '1')
end

for index = 4, #ARGV, 5 do
  local name, kind, delay, priority, ids = unpack(ARGV, index, index + 4)
  delay, priority = tonumber(delay), tonumber(priority)
  local opts = '{}'
  if kind == 'first' then opts = '{"lifo":true}' end
  local maxDelayed = (delay == 0 or kind == 'unlimited') and math.huge or limit / 2
  for id in string.gmatch(ids, '[^,]+') do
    local key = keyPrefix .. id
    if redis.call('EXISTS', key) == 1 then
      -- The job is kept.
    elseif length + added >= limits[kind] or delayed >= maxDelayed then
      withheld = withheld + 1
      limits.new = 0
    else
      redis.call('HSET', key, 'name', name, 'data', '{}', 'opts', opts, 'timestamp', ARGV[2], 'delay', delay, 'priority', priority)
      added = added + 1
      if delay > 0 then
        delayed = delayed + 1
        delayJob(id, delay)
      elseif priority > 0 then
        local counter = redis.call('INCR', keyPrefix .. 'pc')
        redis.call('ZADD', prioritizedKey, string.format('%.0f', priority * 4294967296 + counter % 4294967296), id)
        redis.call('ZADD', markerKey, 0, '0')
      elseif kind == 'first' or kind == 'next' then
        first[#first + 1] = id
      else
        last[#last + 1] = id
      end
    end
  end
end
if #first > 0 then redis.call('RPUSH', waitKey, unpack(first)) end
if #last > 0 then redis.call('LPUSH', waitKey, unpack(last)) end
if #first + #last > 0 then redis.call('ZADD', markerKey, 0, '0') end
if withheld > 0 and not isWithholding then redis.call('SET', withheldKey, '${WITHHOLDING}') end
return withheld`,
};

interface ScriptClient {
  addJobs(keysAndArguments: string[]): Promise<number>;
}

/**
 * When a job is withheld: a `new` one while its lane is full or others were withheld before it; one that the lane feeder adds (`fed`)
 * only while the lane is full; the `first` one of its lane only when a quarter more jobs than the limit wait; the `next` one of a chain and
 * an `unlimited` one never.
 */
export type JobKind = 'new' | 'fed' | 'first' | 'next' | 'unlimited';

export interface NewJob {
  /** Without a comma. */
  jobId: string;
  name: string;
  /** A `first` or `next` job runs before the waiting jobs. */
  kind: JobKind;
  /** In milliseconds from now. */
  delayMs: number;
  /** Of the jobs that wait, those with a lower number run first. */
  priority: number;
}

/** Adds jobs to a queue with up to `limit` jobs. A job that exists is kept. Returns the number of jobs that were withheld. */
export type AddJobs = (queue: Queue, jobs: readonly NewJob[], limit: number) => Promise<number>;

/** Returns a function that adds jobs as `Queue.add` does, but many in one call, at a quarter of the CPU of Redis. */
export function addJobs(redis: RedisClient): AddJobs {
  redis.defineCommand('addJobs', ADD_JOBS);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  const client = redis as RedisClient & ScriptClient;

  return async (queue, jobs, limit) => {
    const keys = ['wait', 'marker'].map((name) => queue.toKey(name));
    const timestamp = String(Date.now());
    const calls: ReturnType<ScriptClient['addJobs']>[] = [];
    for (let start = 0; start < jobs.length; start += MAX_JOBS) {
      const chunk = jobs.slice(start, start + MAX_JOBS);
      calls.push(client.addJobs([...keys, queue.toKey(''), timestamp, String(limit), ...argumentsOf(chunk)]));
    }
    // The process that accepted the events still has to respond to their publishers.
    writeNow(redis);
    return (await Promise.all(calls)).reduce((sum, withheld) => sum + withheld, 0);
  };
}

/** Returns the arguments of the script: those of each run of jobs that differ only in their ids, with these ids. */
function argumentsOf(jobs: readonly NewJob[]): string[] {
  const args: string[] = [];
  let previous: NewJob | undefined;
  for (const job of jobs) {
    const { jobId, name, kind, delayMs, priority } = job;
    if (
      previous?.name === name &&
      previous.kind === kind &&
      previous.delayMs === delayMs &&
      previous.priority === priority
    )
      args[args.length - 1] += `,${jobId}`;
    else args.push(name, kind, String(delayMs), String(priority), jobId);
    previous = job;
  }
  return args;
}
