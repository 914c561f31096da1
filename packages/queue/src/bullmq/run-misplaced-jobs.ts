import type { Queue } from 'bullmq';
import type { RedisClient } from '../redis/redis.js';

/** BullMQ scores a delayed job with its time, multiplied by this, plus a counter. */
const SCORE_PER_MS = 0x1000;

/** A worker runs a delayed job within seconds of its time, in milliseconds. */
const MAX_OVERDUE_MS = 10_000;

/** Maximum number of misplaced jobs of a lane that run at a time; the next call finds the others. */
const MAX_MISPLACED = 1000;

/**
 * Runs the delayed jobs of a queue that are overdue, or delayed for longer than `maxDelayMs`. Returns how many it found.
 * @param nowMs by the clock of Redis
 */
export async function runMisplacedJobs(
  redis: RedisClient,
  queue: Queue,
  { nowMs, maxDelayMs }: { nowMs: number; maxDelayMs: number },
): Promise<number> {
  const key = queue.toKey('delayed');
  const find = (min: number, max: number) =>
    redis.zrangebyscore(key, min * SCORE_PER_MS, max * SCORE_PER_MS, 'LIMIT', 0, MAX_MISPLACED);
  const jobIds = [
    ...(await find(-Infinity, nowMs - MAX_OVERDUE_MS)),
    ...(await find(nowMs + maxDelayMs, Infinity)),
  ];
  await Promise.all(
    jobIds.map(async (jobId) => {
      const job = await queue.getJob(jobId);
      // A worker may have fetched or rescheduled it meanwhile.
      await job?.promote().catch(() => {});
    }),
  );
  return jobIds.length;
}
