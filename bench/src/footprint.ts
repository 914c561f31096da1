import { countRedisCalls, observeWrites, type Written } from '@posthorn/testkit';
import { ageDatabase } from './aged-database.js';
import { type Bench, resetData } from './bench.js';
import { redisBytes } from './memory.js';
import { offerTo } from './offered-load.js';
import { rounded } from './quantiles.js';
import { queueDeliveries } from './queue-deliveries.js';
import { sumOf } from './resources.js';
import { lowerIsBetter, type Scenario } from './result.js';
import { startAll, stopAll } from './services.js';
import { createOneWebhook } from './webhook.js';

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
      lowerIsBetter('WAL bytes per delivery', Math.round(written.walBytes / deliveries), {
        threshold: 1800,
        target: 1200,
      }),
      lowerIsBetter('index entries per delivery', each(written.indexEntries), { threshold: 9, target: 6 }),
      lowerIsBetter('dead tuples in history per delivery', each(written.deadInHistory), {
        threshold: 0.05,
        target: 0,
      }),
      lowerIsBetter('dead tuples elsewhere per delivery', each(written.deadElsewhere), {
        threshold: 1.1,
        target: 1,
      }),
      lowerIsBetter('Redis client calls per delivery', each(sumOf(Object.fromEntries(calls))), {
        threshold: 5,
        target: 3,
      }),
      lowerIsBetter('Redis bytes per waiting job', waitingBytes, { threshold: 400, target: 340 }),
    ],
    summary: { deliveries, fullPageBytes: Math.round(written.fullPageBytes / deliveries) },
    rounds: [],
  };
};

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

async function bytesPerWaitingJob(bench: Bench): Promise<number> {
  await resetData(bench);
  await createOneWebhook(bench);
  const before = await redisBytes(bench);
  await queueDeliveries(bench, WAITING);
  return Math.round(((await redisBytes(bench)) - before) / WAITING);
}
