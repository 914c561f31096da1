import type { RedisScript } from '../redis/script-client.js';

/**
 * Adds a job that its process runs already: writes what BullMQ's scripts for adding and for fetching a job write, without waking a worker.
 * Returns 1, or 0 if the job exists in this or another queue of the shard.
 *
 * KEYS: the list of active jobs, the job, the same job in other queues. ARGV: its id, the time, the token of the worker, the duration
 * of its lock.
 */
export const ADD_RUNNING: RedisScript = {
  lua: `
for index = 2, #KEYS do
  if redis.call('EXISTS', KEYS[index]) == 1 then return 0 end
end
redis.call('HSET', KEYS[2], 'name', 'deliver', 'data', '{}', 'opts', '{}', 'timestamp', ARGV[2], 'delay', 0, 'priority', 0,
  'processedOn', ARGV[2], 'ats', 1)
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2] .. ':lock', ARGV[3], 'PX', ARGV[4])
return 1`,
};
