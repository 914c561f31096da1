import type { Redis } from 'ioredis';
import { onDuplicate } from '../redis/on-duplicate.js';
import type { RedisClient } from '../redis/redis.js';

/** The position of each key in BullMQ's scripts that fetch a job, and in what they return. */
const WAIT_KEY = 1;
const PRIORITIZED_KEY = 3;
const DELAYED_KEY = 7;
const MARKER_KEYS = new Map([
  ['moveToActive', 11],
  ['moveToFinished', 14],
]);

/** The position of the set of stalled jobs in BullMQ's scripts that renew locks. */
const STALLED_KEYS = new Map([
  ['extendLock', 2],
  ['extendLocks', 1],
]);

/** The indexes in the reply of the number of jobs that wait after a fetch, and of the number of delayed jobs. BullMQ does not use them. */
const WAITING_INDEX = 4;
const DELAYED_INDEX = 5;

/**
 * Adds to a reply with a job how many further ones wait or are delayed. When none waits, it also adds when the next delayed one is due, as
 * BullMQ returns it without a job (its scores are milliseconds × 4096), and removes the marker that wakes workers to fetch more.
 */
const reportLengths = (lua: string, markerKey: number): string => `
local function fetch()
${lua}
end
local reply = fetch()
if type(reply) == 'table' and type(reply[1]) == 'table' then
  local waiting = redis.call('LLEN', KEYS[${WAIT_KEY}]) + redis.call('ZCARD', KEYS[${PRIORITIZED_KEY}])
  if waiting == 0 then
    redis.call('ZREM', KEYS[${markerKey}], '0')
    local delayed = redis.call('ZRANGE', KEYS[${DELAYED_KEY}], 0, 0, 'WITHSCORES')
    if delayed[2] then reply[4] = math.floor(tonumber(delayed[2]) / 4096) end
  end
  reply[${WAITING_INDEX + 1}] = waiting
  reply[${DELAYED_INDEX + 1}] = redis.call('ZCARD', KEYS[${DELAYED_KEY}])
end
return reply
`;

/**
 * Returns a script that fetches jobs or renews locks as it is executed. It begins with a write that needs no memory and has no effect:
 * from then on Redis lets a script run until it finishes. Above `maxmemory` it would refuse BullMQ's first command, so that no job could run
 * and free memory.
 */
function changeScript(name: string, lua: string): string {
  const markerKey = MARKER_KEYS.get(name);
  if (markerKey !== undefined)
    return `redis.call('ZREM', KEYS[${markerKey}], '')\n${reportLengths(lua, markerKey)}`;
  const stalledKey = STALLED_KEYS.get(name);
  return stalledKey === undefined ? lua : `redis.call('SREM', KEYS[${stalledKey}], '')\n${lua}`;
}

/**
 * Changes the scripts that BullMQ's worker will define on `redis` and its duplicates, so that a reply with a job shows how many more there
 * are, and that they run above `maxmemory`.
 */
export function changeFetchScripts(redis: RedisClient): void {
  const calls: Pick<Redis, 'defineCommand'> = redis;
  const define = redis.defineCommand.bind(redis);
  calls.defineCommand = (name, { lua, ...definition }) => {
    define(name, { ...definition, lua: changeScript(name.split(':')[0] ?? '', lua) });
  };
  onDuplicate(redis, changeFetchScripts);
}

/** Returns how many jobs waited and were delayed after a reply that contains a job. */
export function lengthsIn(reply: readonly unknown[]): { waiting: number; delayed: number } {
  return { waiting: Number(reply[WAITING_INDEX]), delayed: Number(reply[DELAYED_INDEX]) };
}
