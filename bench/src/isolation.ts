import { type Bench, resetData } from './bench.js';
import { type OfferedLoad, offerLoad, type SteadyLoad } from './offered-load.js';
import { medianOf, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { describe, type LatencySummary, type LatencySummaries, summarizeLatency } from './latency-summary.js';
import { chooseLoad } from './steady-load.js';
import { createActiveWebhooks, type WebhookToCreate } from './webhook.js';

/** Webhooks of which some hang in half of the rounds. Only the others count in the figures. */
interface Hanging {
  webhooks: number;
  isHealthy: (index: number) => boolean;
  /** Returns a webhook that hangs. */
  hang: (bench: Bench, index: number) => Omit<WebhookToCreate, 'pattern'>;
}

/** 20 of 100 receivers do not respond until the timeout. */
export const RECEIVERS: Hanging = {
  webhooks: 100,
  isHealthy: (index) => index % 5 !== 0,
  hang: ({ receiverUrl }, index) => ({ url: `${receiverUrl}hang/${index}` }),
};

/** Of 200 webhooks, 100 need an access token whose endpoint does not respond until the timeout. */
export const TOKEN_ENDPOINTS: Hanging = {
  webhooks: 200,
  isHealthy: (index) => index % 2 !== 0,
  hang: ({ receiverUrl }, index) => ({
    url: `${receiverUrl}ok/${index}`,
    auth: {
      type: 'oauth2',
      tokenUrl: `${receiverUrl}hang/${index}`,
      clientId: `client-${index}`,
      clientSecret: 'secret',
      scopes: [],
      audience: null,
      clientAuthentication: 'client_secret_basic',
    },
  }),
};

/** Webhooks with one event type each get events in turn at a steady rate: first all healthy, then with some that hang. */
export const isolation =
  (kind: Hanging): Scenario =>
  async (bench, options) => {
    const { load, summary, rounds } = await chooseLoad(bench, options);
    const measured = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const healthy = await oneRound(bench, { ...load, kind, hangs: false });
      console.log(`round ${round}, all healthy: ${describeRound(healthy)}`);
      const hanging = await oneRound(bench, { ...load, kind, hangs: true });
      console.log(`round ${round}, some hang (${hanging.hung} requests): ${describeRound(hanging)}`);
      measured.push({
        ...ratios(hanging.counted, healthy.counted),
        withWarmup: ratios(hanging.withWarmup, healthy.withWarmup),
        healthy,
        hanging,
      });
    }
    const throughput = medianOf(measured, (round) => round.throughput);
    const p99 = medianOf(measured, (round) => round.p99);
    return {
      figures: [
        {
          name: 'healthy: throughput ÷ the run without hanging ones',
          value: throughput,
          better: 'higher',
          threshold: 0.95,
          target: 0.99,
        },
        {
          name: 'healthy: p99 ÷ the run without hanging ones',
          value: p99,
          better: 'lower',
          threshold: 2,
          target: 1.3,
        },
      ],
      summary: {
        ...summary,
        p99AllHealthyMs: medianOf(measured, (round) => round.healthy.counted.p99Ms),
        p99Ms: medianOf(measured, (round) => round.hanging.counted.p99Ms),
        throughputWithWarmup: medianOf(measured, (round) => round.withWarmup.throughput),
        p99WithWarmup: medianOf(measured, (round) => round.withWarmup.p99),
      },
      rounds: [...rounds, ...measured],
    };
  };

type Measured = LatencySummaries & Pick<OfferedLoad, 'hung' | 'used'>;

async function oneRound(
  bench: Bench,
  { kind: { webhooks, isHealthy, hang }, hangs, ...load }: SteadyLoad & { kind: Hanging; hangs: boolean },
): Promise<Measured> {
  await resetData(bench);
  const eventTypes = Array.from({ length: webhooks }, (_, index) => `t.${index}`);
  await createActiveWebhooks(
    bench,
    eventTypes.map((pattern, index) => ({
      url: `${bench.receiverUrl}ok/${index}`,
      ...(hangs && !isHealthy(index) && hang(bench, index)),
      pattern,
    })),
  );
  const offered = await offerLoad(bench, {
    ...load,
    workers: 2,
    eventTypes,
    mustArrive: isHealthy,
  });
  return { ...summarizeLatency(offered, isHealthy), hung: offered.hung, used: offered.used };
}

function ratios(hanging: LatencySummary, healthy: LatencySummary): { throughput: number; p99: number } {
  return {
    throughput: rounded(hanging.deliveredShare / healthy.deliveredShare),
    p99: rounded(hanging.p99Ms / healthy.p99Ms),
  };
}

const describeRound = ({ counted, withWarmup }: Measured): string =>
  `${describe(counted)}; including warm-up ${describe(withWarmup)}`;
