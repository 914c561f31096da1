import { ageDatabase } from './aged-database.js';
import { type Bench, resetData } from './bench.js';
import { redisBytes } from './memory.js';
import { offerTo } from './offered-load.js';
import { rounded } from './quantiles.js';
import { queueDeliveries } from './queue-deliveries.js';
import { countRedisCalls } from './redis-calls.js';
import type { Figure, Scenario } from './result.js';
import { startAll, stopAll } from './services.js';
import { createOneWebhook } from './webhook.js';
import { observeWrites, type Written } from './written.js';

const PER_SECOND = 200;
const WAITING = 100_000;

/** What a first-try success writes to PostgreSQL and asks of Redis at an everyday rate, and the size of a waiting job. */
export const footprint: Scenario = async (bench, { perSecond, seconds, warmupSeconds }) => {
  const rate = perSecond ?? PER_SECOND;
  await ageDatabase(bench);
  const { written, calls } = await observe(bench, { perSecond: rate, seconds, warmupSeconds });
  const deliveries = rate * seconds;
  const each = (total: number) => rounded(total / deliveries);
  console.log('Rows, by relation and kind of record:');
  console.table(written.records.map(({ count, ...kind }) => ({ ...kind, perDelivery: each(count) })));
  console.log('Statements:');
  console.table(
    written.statements.map(({ calls: called, meanUs, statement }) => ({
      perDelivery: each(called),
      meanUs,
      statement,
    })),
  );
  console.log('Redis client calls:');
  console.table([...calls].map(([command, count]) => ({ command, perDelivery: each(count) })));
  const waitingBytes = await bytesPerWaitingJob(bench);
  return {
    figures: [
      figure('WAL bytes per delivery', Math.round(written.walBytes / deliveries), 1800, 1200),
      figure('index entries per delivery', each(written.indexEntries), 9, 6),
      figure('dead tuples in history per delivery', each(written.deadInHistory), 0.05, 0),
      figure('dead tuples elsewhere per delivery', each(written.deadElsewhere), 1.1, 1),
      figure('Redis client calls per delivery', each(sum([...calls.values()])), 5, 3),
      figure('Redis bytes per waiting job', waitingBytes, 400, 340),
    ],
    summary: { deliveries, fullPageBytes: Math.round(written.fullPageBytes / deliveries) },
    rounds: [],
  };
};

const figure = (name: string, value: number, threshold: number, target: number): Figure => ({
  name,
  value,
  better: 'lower',
  threshold,
  target,
});

interface Load {
  perSecond: number;
  seconds: number;
  warmupSeconds: number;
}

interface Observation {
  written: Written;
  calls: ReadonlyMap<string, number>;
}

async function observe(bench: Bench, load: Load): Promise<Observation> {
  const { services, eventsUrl } = await startAll(bench, 1);
  let end: (() => Promise<Observation>) | undefined;
  let observation: Observation | undefined;
  try {
    await offerTo(bench, eventsUrl, {
      ...load,
      eventTypes: ['order.paid'],
      async meanwhile() {
        const endWrites = await observeWrites(bench.database.pool);
        const endCalls = await countRedisCalls(bench.stack.redisUrl);
        end = async () => ({ calls: endCalls(), written: await endWrites() });
      },
      onResponded: async () => void (observation = await end?.()),
    });
  } finally {
    await stopAll(services, 1);
  }
  if (!observation) throw new Error('the load ended before the measured period');
  return observation;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function bytesPerWaitingJob(bench: Bench): Promise<number> {
  await resetData(bench);
  await createOneWebhook(bench);
  const before = await redisBytes(bench);
  await queueDeliveries(bench, WAITING);
  return Math.round(((await redisBytes(bench)) - before) / WAITING);
}
