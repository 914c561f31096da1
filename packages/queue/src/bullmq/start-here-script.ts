import type { RedisScript } from '../redis/script-client.js';

/**
 * Adds jobs that are active at once, as if the worker had fetched them: writes what BullMQ's scripts for adding and for fetching a job
 * write, without waking a worker. Adds none while others wait before them, while the queue is paused, or while its lane withholds
 * deliveries, and none that exists in this or another queue of the shard. Returns the ids of the jobs that it added.
 *
 * KEYS: the list of active jobs, the waiting and the prioritized ones, the metadata of the queue, the state of the lane. ARGV: the prefix
 * of jobs, the time, the token of the worker, the duration of its locks, the number of prefixes of other queues, these prefixes, the ids.
 */
export const START_HERE: RedisScript = {
  numberOfKeys: 5,
  lua: `
local started = {}
if redis.call('LLEN', KEYS[2]) > 0 or redis.call('ZCARD', KEYS[3]) > 0 then return started end
if redis.call('HEXISTS', KEYS[4], 'paused') == 1 or redis.call('EXISTS', KEYS[5]) == 1 then return started end
local firstId = 6 + ARGV[5]
for index = firstId, #ARGV do
  local id = ARGV[index]
  local key = ARGV[1] .. id
  local found = redis.call('EXISTS', key)
  for other = 6, firstId - 1 do found = found + redis.call('EXISTS', ARGV[other] .. id) end
  if found == 0 then
    redis.call('HSET', key, 'name', 'deliver', 'data', '{}', 'opts', '{}', 'timestamp', ARGV[2], 'delay', 0, 'priority', 0,
      'processedOn', ARGV[2], 'ats', 1)
    redis.call('LPUSH', KEYS[1], id)
    redis.call('SET', key .. ':lock', ARGV[3], 'PX', ARGV[4])
    started[#started + 1] = id
  end
end
return started`,
};
