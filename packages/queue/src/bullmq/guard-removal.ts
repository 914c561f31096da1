import type { Redis } from 'ioredis';
import type { RedisClient } from '../redis/redis.js';

/**
 * Keeps a job that a process may have in its memory: an active one, also if its lock has expired, and one that waits again because the lock
 * expired. BullMQ keeps only jobs with a lock. Returns 0 for such a job, as BullMQ does.
 */
const KEEP_STARTED = `
local id, prefix = ARGV[1], ARGV[3]
if redis.call('LPOS', prefix .. 'active', id) then return 0 end
if (tonumber(redis.call('HGET', KEYS[1], 'stc') or 0) or 0) > 0 then
  for _, name in ipairs({'wait', 'paused'}) do
    if redis.call('LPOS', prefix .. name, id) then return 0 end
  end
  for _, name in ipairs({'prioritized', 'delayed'}) do
    if redis.call('ZSCORE', prefix .. name, id) then return 0 end
  end
end
`;

/** Changes the script with which BullMQ will remove jobs by `redis`, so that it removes none that a process may still run. */
export function guardRemoval(redis: RedisClient): void {
  const calls: Pick<Redis, 'defineCommand'> = redis;
  const define = redis.defineCommand.bind(redis);
  calls.defineCommand = (name, { lua, ...definition }) =>
    define(name, {
      ...definition,
      lua: name.split(':')[0] === 'removeJob' ? `do\n${KEEP_STARTED}\nend\n${lua}` : lua,
    });
}
