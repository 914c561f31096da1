import type { Queue } from 'bullmq';
import type { RedisClient } from '../redis/redis.js';

/**
 * Searches the lists of a lane for a job, which takes a millisecond if very many jobs wait. One with a lock is being moved by a worker.
 * KEYS: the job, its lock, the lists, then the sorted sets. ARGV: the id of the job. Returns 1 if it removed the job.
 */
const REMOVE_UNLISTED = `
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
for index = 3, 4 do
  if redis.call('LPOS', KEYS[index], ARGV[1]) then return 0 end
end
for index = 5, 6 do
  if redis.call('ZSCORE', KEYS[index], ARGV[1]) then return 0 end
end
return redis.call('DEL', KEYS[1])`;

interface Command {
  removeUnlistedJob(...keysAndArguments: string[]): Promise<number>;
}

/** Removes a job that is in no list of its queue. Returns the number of removed jobs. */
export type RemoveUnlistedJob = (queue: Queue, jobId: string) => Promise<number>;

export function removeUnlistedJob(redis: RedisClient): RemoveUnlistedJob {
  redis.defineCommand('removeUnlistedJob', { lua: REMOVE_UNLISTED, numberOfKeys: 6 });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  const client = redis as RedisClient & Command;
  return (queue, jobId) => {
    const keys = [jobId, `${jobId}:lock`, 'active', 'wait', 'delayed', 'prioritized'];
    return client.removeUnlistedJob(...keys.map((name) => queue.toKey(name)), jobId);
  };
}
