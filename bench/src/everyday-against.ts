import { randomBytes } from 'node:crypto';
import { connect } from '@posthorn/database/connection';
import { ageDatabase } from './aged-database.js';
import type { Bench } from './bench.js';
import { builtCheckout } from './built-checkout.js';
import { type CostOfRate, JUDGED, measureRate } from './everyday.js';
import { medianInterval, medianOf } from './quantiles.js';
import type { Scenario } from './result.js';
import { type Running, startTopology, stopAll, type Topology } from './services.js';

const PAIRS = 40;

/** A turn, in seconds. Short, because the speed of a shared machine changes within a minute. */
const TURN = { warmupSeconds: 1, seconds: 3 };

/** The first turns do not count: both versions compile their code and fill their caches. */
const WARM_UP = { warmupSeconds: 0, seconds: 20 };

/** A version that runs, with its own database and Redis prefix on the servers of both. */
interface Side {
  name: 'this' | 'other';
  bench: Bench;
  running: Running;
}

type Turn = CostOfRate & { pair: number; side: Side['name'] };

/**
 * Returns the scenario that compares this version with another one at a steady rate. Both run all the time, and the load alternates
 * between them every few seconds, so that both meet the same machine. What the other one uses meanwhile counts too; it is the same for both.
 */
export const everydayAgainst =
  (topology: Topology, version: string): Scenario =>
  async (bench, { perSecond }) => {
    const rate = perSecond ?? JUDGED;
    const other = await benchOf(bench, builtCheckout(version));
    const sides: Side[] = [];
    const turns: Turn[] = [];
    try {
      sides.push(await openSide('this', bench, topology), await openSide('other', other, topology));
      for (const side of sides) await measureRate(side.bench, side.running, { perSecond: rate, ...WARM_UP });
      for (let pair = 1; pair <= PAIRS; pair += 1) {
        for (const { name, bench: of, running } of pair % 2 === 1 ? sides : sides.toReversed()) {
          const cost = await measureRate(of, running, { perSecond: rate, ...TURN });
          turns.push({ pair, side: name, ...cost });
          console.log(`pair ${pair}, ${name}:`, JSON.stringify(cost));
        }
      }
    } finally {
      for (const { running } of sides) await stopAll(running.services, 1);
      await other.database.stop();
    }
    return { figures: [], summary: summaryOf(turns), rounds: turns };
  };

/** Returns the environment of another version: its own database and prefix, and its services. */
async function benchOf(bench: Bench, checkout: string): Promise<Bench> {
  const { stack, env } = bench;
  await bench.database.pool.query('CREATE DATABASE other_version');
  const databaseUrl = stack.databaseUrl.replace(/\/[^/?]*(?=\?|$)/, '/other_version');
  const queuePrefix = `posthorn-${randomBytes(4).toString('hex')}`;
  const other = {
    ...bench,
    checkout,
    stack: { ...stack, databaseUrl, queuePrefix },
    database: connect({ url: databaseUrl, applicationName: 'posthorn bench' }),
    env: { ...env, DATABASE_URL: databaseUrl, POSTHORN_QUEUE_PREFIX: queuePrefix },
  };
  // Its own services create its schema.
  const { services } = await startTopology(other, 'all');
  await stopAll(services, 1);
  return other;
}

async function openSide(name: Side['name'], bench: Bench, topology: Topology): Promise<Side> {
  await ageDatabase(bench);
  return { name, bench, running: await startTopology(bench, topology) };
}

/** Returns the median of each version, and the ratio of each pair: its median and the interval in which it is with 95 % certainty. */
function summaryOf(turns: readonly Turn[]): Record<string, number> {
  const of = (name: Side['name']) =>
    turns.filter(({ side }) => side === name).toSorted((a, b) => a.pair - b.pair);
  const [current, other] = [of('this'), of('other')];
  return Object.fromEntries(
    (['cpuMs', 'p50Ms', 'p99Ms'] as const).flatMap((figure) => {
      const ratios = current.map((turn, index) => turn[figure] / (other[index]?.[figure] ?? Number.NaN));
      const [from, to] = medianInterval(ratios);
      return [
        [figure, medianOf(current, (turn) => turn[figure])],
        [`${figure}OfOther`, medianOf(other, (turn) => turn[figure])],
        [`${figure}Ratio`, medianOf(ratios, (ratio) => ratio)],
        [`${figure}RatioFrom`, from],
        [`${figure}RatioTo`, to],
      ];
    }),
  );
}
