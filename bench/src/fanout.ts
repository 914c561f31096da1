import { DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import { createAcceptor } from '@posthorn/fanout';
import { createDeliveryQueue } from '@posthorn/queue';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type Bench, resetData } from './bench.js';
import { eventData } from './payload.js';
import { medianOf, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { createActiveWebhooks } from './webhook.js';

const WEBHOOKS = 10_000;

/** The time to enqueue the jobs of one event for 10,000 webhooks, divided by one addBulk of as many jobs. */
export const fanout: Scenario = async (bench, { rounds, count: wanted }) => {
  const count = wanted ?? WEBHOOKS;
  const measured = [];
  // The first round is a warm-up.
  for (let round = 0; round <= rounds; round += 1) {
    const bareMs = await bareAddBulk(bench, count);
    const fanoutMs = await oneEvent(bench, count);
    const ratio = rounded(fanoutMs / bareMs);
    console.log(
      `round ${round}: bare ${bareMs.toFixed(0)} ms, fanout ${fanoutMs.toFixed(0)} ms, ratio ${ratio}`,
    );
    if (round > 0) measured.push({ bareMs: rounded(bareMs), fanoutMs: rounded(fanoutMs), ratio });
  }
  const value = medianOf(measured, (round) => round.ratio);
  return {
    figures: [{ name: 'fanout ÷ bare addBulk', value, better: 'lower', threshold: 1.5, target: 1.2 }],
    summary: {
      webhooks: count,
      bareMs: medianOf(measured, (round) => round.bareMs),
      fanoutMs: medianOf(measured, (round) => round.fanoutMs),
    },
    rounds: measured,
  };
};

async function bareAddBulk({ stack }: Bench, count: number): Promise<number> {
  const connection = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('bare', { connection, prefix: `${stack.queuePrefix}:bare` });
  await queue.waitUntilReady();
  const jobs = Array.from({ length: count }, () => ({
    name: 'deliver',
    data: {},
    opts: { jobId: `d_${newId()}` },
  }));
  const startedMs = performance.now();
  await queue.addBulk(jobs);
  const tookMs = performance.now() - startedMs;
  await queue.close();
  connection.disconnect();
  return tookMs;
}

async function oneEvent(bench: Bench, count: number): Promise<number> {
  await resetData(bench);
  await createActiveWebhooks(
    bench,
    Array.from({ length: count }, (_, index) => ({
      url: `${bench.receiverUrl}${index}`,
      pattern: 'order.paid',
    })),
  );
  await bench.database.pool.query('ANALYZE webhook, webhook_subscription');
  const { redisUrl, queuePrefix } = bench.stack;
  const deliveries = await createDeliveryQueue({
    redisUrl,
    prefix: queuePrefix,
    laneLimit: Number.MAX_SAFE_INTEGER,
  });
  const acceptor = createAcceptor({
    pool: bench.database.pool,
    deliveries,
    onEnqueueError: (error) => {
      throw error;
    },
  });
  const startedMs = performance.now();
  await acceptor.accept({
    tenantId: DEFAULT_TENANT_ID,
    type: 'order.paid',
    data: eventData(),
    dataText: null,
    occurredAt: null,
    idempotencyKey: null,
    pushed: null,
  });
  await acceptor.stop();
  const tookMs = performance.now() - startedMs;
  const { fast } = await deliveries.depth();
  await deliveries.stop();
  if (fast.waiting !== count) throw new Error(`${count} webhooks, ${fast.waiting} jobs`);
  return tookMs;
}
