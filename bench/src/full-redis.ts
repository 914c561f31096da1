import { Redis } from 'ioredis';
import { type Bench, resetData } from './bench.js';
import { queueDeliveries } from './queue-deliveries.js';
import { lowerIsBetter, type Scenario } from './result.js';
import { startService } from './services.js';
import { timeDeliveries } from './time-deliveries.js';
import { createOneWebhook } from './webhook.js';

/** As many as fill Redis many times. */
const DELIVERIES = 2_000_000;

const MAXMEMORY_MB = 64;
const BYTES_PER_MB = 1024 * 1024;

/**
 * Deliveries that wait while no worker runs, in a Redis with little memory: all are accepted, and all arrive. One round: it measures
 * memory, and throws if a delivery is lost or sent twice.
 */
export const fullRedis: Scenario = async (bench, { count: wanted }) => {
  const count = wanted ?? DELIVERIES;
  await resetData(bench);
  await createOneWebhook(bench);
  return withMaxmemory(bench, async (peakMb) => {
    // Throws if Redis refuses a job.
    await queueDeliveries(bench, count, { isFed: true });
    const { durationMs } = await timeDeliveries(bench, {
      count,
      from: 'start',
      start: async () => ({
        producer: await startService(bench, 'producer'),
        worker: await startService(bench, 'worker'),
      }),
    });
    return {
      figures: [
        lowerIsBetter('peak memory of Redis ÷ maxmemory', (await peakMb()) / MAXMEMORY_MB, {
          threshold: 0.9,
          target: 0.75,
        }),
      ],
      summary: { count, maxmemoryMb: MAXMEMORY_MB, perSecond: Math.round((count * 1000) / durationMs) },
      rounds: [],
    };
  });
};

/** Limits the memory of Redis while `run` runs, which can read its peak in MB. */
async function withMaxmemory<T>(
  { stack }: Bench,
  run: (peakMb: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  await redis.config('SET', 'maxmemory', String(MAXMEMORY_MB * BYTES_PER_MB));
  await redis.config('RESETSTAT');
  try {
    return await run(async () => {
      const [, bytes] = /used_memory_peak:(\d+)/.exec(await redis.info('memory')) ?? [];
      return Number(bytes) / BYTES_PER_MB;
    });
  } finally {
    await redis.config('SET', 'maxmemory', '0');
    redis.disconnect();
  }
}
