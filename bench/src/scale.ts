import { LANES } from '@posthorn/core';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type Bench, resetData } from './bench.js';
import { medianOf, rounded } from './quantiles.js';
import { queueDeliveries } from './queue-deliveries.js';
import { usage } from './child.js';
import { truncateDeliveries, waitUntilSettled } from './records.js';
import type { Scenario } from './result.js';
import { type Services, startWorkers } from './services.js';
import { timeDeliveries } from './time-deliveries.js';
import { createActiveWebhooks } from './webhook.js';

const PROCESSES = [1, 2, 4, 8];
const WEBHOOKS = 20;

/**
 * Warm-up deliveries per process, in which V8 compiles the hot code. Without them, 8 processes that share the deliveries of one
 * would mostly measure compilation.
 */
const WARM_UP = 3000;
const EVENT_TYPES = Array.from({ length: WEBHOOKS }, (_, index) => `t.${index}`);

interface Measured {
  processes: number;
  perSecond: number;
  /** The sum over all workers. */
  cpuUs: number;
  postgresUs: number;
  redisUs: number;
  /** Transactions of PostgreSQL per delivery. The larger the batches, the fewer. */
  transactions: number;
}

/** The workers' CPU time per delivery, with 1, 2, 4 and 8 workers and receivers that take 50 ms. */
export const scale: Scenario = async (bench, { rounds, count: wanted }) => {
  const count = wanted ?? 30_000;
  await resetData(bench);
  await createActiveWebhooks(
    bench,
    EVENT_TYPES.map((pattern, index) => ({ url: `${bench.receiverUrl}slow/${index}`, pattern })),
  );
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const processes of PROCESSES) {
      const result = await oneRound(bench, { processes, count });
      const { perSecond, cpuUs, postgresUs, redisUs, transactions } = result;
      console.log(
        `round ${round}, ${processes}: ${perSecond}/s, per delivery ${cpuUs} µs, PostgreSQL ${postgresUs} µs, Redis ${redisUs} µs,`,
        `${transactions} transactions`,
      );
      measured.push(result);
    }
  }
  const cpuOf = (processes: number) =>
    medianOf(
      measured.filter((round) => round.processes === processes),
      (round) => round.cpuUs,
    );
  const value = rounded(cpuOf(8) / cpuOf(1));
  return {
    figures: [
      { name: 'CPU per delivery, 8 ÷ 1 processes', value, better: 'lower', threshold: 1.2, target: 1.1 },
    ],
    summary: {
      count,
      ...Object.fromEntries(PROCESSES.map((number) => [`cpuUsWith${number}`, cpuOf(number)])),
    },
    rounds: measured,
  };
};

async function oneRound(
  bench: Bench,
  { processes, count }: { processes: number; count: number },
): Promise<Measured> {
  await truncateDeliveries(bench.database.pool);
  const workers = await startWorkers(bench, processes);
  await queueDeliveries(bench, WARM_UP * processes, { types: EVENT_TYPES });
  await waitUntilSettled(bench.database.pool);

  const gate = await holdQueues(bench);
  await queueDeliveries(bench, count, { types: EVENT_TYPES });
  const transactionsBefore = await countTransactions(bench);
  const { durationMs, cpuUs } = await timeDeliveries(bench, {
    count,
    from: 'start',
    async start(): Promise<Services> {
      const warm = Object.entries(workers).map(([name, worker]) => [
        name,
        { ...worker, startCpuMs: usage(worker.pid).cpuMs },
      ]);
      await gate.open();
      return Object.fromEntries(warm);
    },
  });
  return {
    processes,
    perSecond: Math.round((count / durationMs) * 1000),
    cpuUs: Object.keys(workers).reduce((sum, name) => sum + (cpuUs[name] ?? 0), 0),
    postgresUs: cpuUs.postgres ?? 0,
    redisUs: cpuUs.redis ?? 0,
    transactions: rounded(((await countTransactions(bench)) - transactionsBefore) / count),
  };
}

async function countTransactions({ database }: Bench): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT xact_commit::float AS count FROM pg_stat_database WHERE datname = current_database()',
  );
  return rows[0]?.count ?? 0;
}

/** Pauses the queues until `open`, so that all workers start at the same time. */
async function holdQueues({ stack }: Bench): Promise<{ open(): Promise<void> }> {
  const connection = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  const queues = LANES.map(
    (lane) => new Queue(`deliveries-${lane}`, { connection, prefix: stack.queuePrefix }),
  );
  await Promise.all(queues.map((queue) => queue.pause()));
  return {
    async open() {
      await Promise.all(queues.map((queue) => queue.resume()));
      await Promise.all(queues.map((queue) => queue.close()));
      connection.disconnect();
    },
  };
}
