import type { Pool } from '@posthorn/database/connection';
import { freePort } from '@posthorn/local';
import { type Bench, clearBacklog, resetData } from './bench.js';
import { type Generator, startGenerator } from './generator.js';
import type { LoadResult, Post } from './load-generator.js';
import { medianOf, quantile, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { startService } from './services.js';
import { createActiveWebhooks } from './webhook.js';

/** Webhooks that get each event, and the connections of the closed loop that measures the capacity: enough to keep the API busy. */
const WORKLOADS = [
  { name: 'narrow', webhooks: 1, closedLoopConnections: 64 },
  { name: 'wide', webhooks: 1000, closedLoopConnections: 8 },
];

const FACTORS = [2, 5];

/** The connections of an overload. A POST that is due while all of them are busy is not sent. */
const CONNECTIONS = 512;

interface Period {
  /** Not measured, in seconds: the first events are stored faster, because the tables are empty. */
  warmup: number;
  /** The measured period after the warm-up, in seconds. */
  seconds: number;
}

/** A new process compiles its code. */
const START: Period = { warmup: 0, seconds: 15 };

/** Each overload, and the measures of the capacity before and after it. */
const MEASURED: Period = { warmup: 1, seconds: 10 };

interface Accepting {
  /** 202 responses per second. */
  acceptedPerSecond: number;
  /** Responses per second. */
  respondedPerSecond: number;
  /** Of the accepted POSTs, from sending to the response. */
  p99Ms: number;
}

interface Overload extends Accepting {
  workload: string;
  factor: number;
  capacity: number;
  /** Accepted events per second, divided by the capacity. */
  ratio: number;
  storedBehind503: number;
}

/**
 * More events by POST than the API can store: 2 and 5 times the capacity that the same generator measures before, in a closed
 * loop. No worker runs, so that only accepting is measured.
 */
export const overload: Scenario = async (bench, { rounds }) => {
  const measured: Overload[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const workload of WORKLOADS) measured.push(...(await runWorkload(bench, workload)));
  }
  const medians = WORKLOADS.flatMap(({ name }) =>
    FACTORS.map((factor) => {
      const own = measured.filter((each) => each.workload === name && each.factor === factor);
      return {
        title: `${name} ${factor}×`,
        ratio: medianOf(own, (each) => each.ratio),
        p99Ms: medianOf(own, (each) => each.p99Ms),
        acceptedShare: medianOf(own, (each) => each.acceptedPerSecond / each.respondedPerSecond),
      };
    }),
  );
  return {
    figures: [
      {
        name: 'accepted ÷ capacity, lowest',
        value: Math.min(...medians.map(({ ratio }) => ratio)),
        better: 'higher',
        threshold: 0.9,
        target: 0.95,
      },
      {
        name: 'events stored behind a 503',
        value: measured.reduce((sum, { storedBehind503 }) => sum + storedBehind503, 0),
        better: 'lower',
        threshold: 0,
        target: 0,
      },
      {
        name: 'accepted POSTs, p99 ms, highest',
        value: Math.max(...medians.map(({ p99Ms }) => p99Ms)),
        better: 'lower',
        threshold: 2000,
        target: 1000,
      },
    ],
    summary: Object.fromEntries(
      medians.flatMap(({ title, ratio, p99Ms, acceptedShare }) => [
        [`${title} accepted ÷ capacity`, ratio],
        [`${title} p99 ms`, p99Ms],
        [`${title} share of 202`, acceptedShare],
      ]),
    ),
    rounds: measured,
  };
};

async function runWorkload(bench: Bench, workload: (typeof WORKLOADS)[number]): Promise<Overload[]> {
  const { name, webhooks, closedLoopConnections } = workload;
  await resetData(bench);
  await createActiveWebhooks(
    bench,
    Array.from({ length: webhooks }, (_, index) => ({ url: `${bench.receiverUrl}${index}`, pattern: '*' })),
  );
  await bench.database.pool.query('ANALYZE webhook, webhook_subscription');
  const port = await freePort();
  const api = await startService(bench, 'api', {
    POSTHORN_HOST: '127.0.0.1',
    POSTHORN_PORT: String(port),
    POSTHORN_ADMIN_KEY: bench.stack.adminKey,
  });
  const generator = await startGenerator(bench, `http://127.0.0.1:${port}/v1/events`);
  const offer = numberedOffers(bench, generator);
  const offerCapacity = (period: Period) =>
    offer(period, { connections: closedLoopConnections, perSecond: null });
  await offerCapacity(START);
  let before = summarize(await offerCapacity(MEASURED), MEASURED).acceptedPerSecond;
  const measured: Overload[] = [];
  for (const factor of FACTORS) {
    const load = { connections: CONNECTIONS, perSecond: factor * before, skipWhenBusy: true };
    const offered = await offer(MEASURED, load);
    const storedBehind503 = await countStored(bench.database.pool, offered.posts.filter(isRefused));
    const after = summarize(await offerCapacity(MEASURED), MEASURED).acceptedPerSecond;
    const capacity = rounded((before + after) / 2);
    before = after;
    const accepting = summarize(offered, MEASURED);
    const ratio = rounded(accepting.acceptedPerSecond / capacity);
    measured.push({ workload: name, factor, capacity, ...accepting, ratio, storedBehind503 });
    console.log(
      `${name}, ${load.perSecond.toFixed(0)}/s: ${accepting.acceptedPerSecond}/s accepted of ${accepting.respondedPerSecond}/s,`,
      `capacity ${capacity}/s, ratio ${ratio}, p99 ${accepting.p99Ms} ms, ${storedBehind503} stored behind a 503;`,
      describeStatuses(offered.posts),
    );
  }
  await generator.stop();
  await api.stop();
  return measured;
}

/** More events than any load sends. */
const COUNT = 1_000_000;

type Offer = (
  period: Period,
  load: { connections: number; perSecond: number | null; skipWhenBusy?: boolean },
) => Promise<LoadResult>;

/**
 * Returns a function that offers loads in which no two events have the same number. Each starts without a backlog: no worker takes
 * the jobs, and the larger Redis gets, the more it spends on rewriting its append-only file.
 */
function numberedOffers(bench: Bench, generator: Generator): Offer {
  let firstNumber = 0;
  return async ({ warmup, seconds }, load) => {
    await clearBacklog(bench);
    firstNumber += COUNT;
    const limits = { count: COUNT, maxSeconds: warmup + seconds };
    return generator.offer({ ...load, ...limits, eventTypes: ['order.paid'], firstNumber });
  };
}

/** Summarizes the responses of the measured period. */
function summarize({ posts, startedMs }: LoadResult, { warmup, seconds }: Period): Accepting {
  const fromMs = startedMs + warmup * 1000;
  const responded = posts.filter(
    ([, , , respondedMs]) => respondedMs >= fromMs && respondedMs < fromMs + seconds * 1000,
  );
  const accepted = responded.filter(([, , , , id]) => id !== null);
  const durations = accepted.map(([, , sentMs, respondedMs]) => respondedMs - sentMs);
  return {
    acceptedPerSecond: rounded(accepted.length / seconds),
    respondedPerSecond: rounded(responded.length / seconds),
    p99Ms: rounded(quantile(durations, 0.99)),
  };
}

const isRefused = ([, , , , , status]: Post): boolean => status === 503;

function describeStatuses(posts: readonly Post[]): string {
  const counts = new Map<number, number>();
  for (const [, , , , , status] of posts) counts.set(status, (counts.get(status) ?? 0) + 1);
  return Array.from(counts, ([status, count]) => `${count} × ${status}`).join(', ');
}

/** Returns how many of these events are in the database. */
async function countStored(pool: Pool, posts: readonly Post[]): Promise<number> {
  const { rows } = await pool.query<{ stored: number }>(
    `SELECT count(*)::int AS stored FROM event
     WHERE substring(body FROM '"number":(\\d+)')::int = ANY ($1::int[])`,
    [posts.map(([, , , , , , number]) => number)],
  );
  return rows[0]?.stored ?? 0;
}
