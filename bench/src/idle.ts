import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ageDatabase } from './aged-database.js';
import type { Bench } from './bench.js';
import { medianOf, rounded } from './quantiles.js';
import { cpuBetween, cpuByRole, mapRoles, pssByRole, sumOf } from './resources.js';
import { lowerIsBetter, type Scenario } from './result.js';
import { startTopology, stopAll, type Topology } from './services.js';

const SECONDS = 60;

/** Totals of the servers since their start. */
interface Counted {
  redisCommands: number;
  transactions: number;
}

interface Measured {
  cpuPercent: number;
  cpuPercentByRole: Record<string, number>;
  memoryMb: number;
  memoryMbByRole: Record<string, number>;
  redisPerSecond: number;
  transactionsPerSecond: number;
}

/** Thresholds and targets. */
const LIMITS: Record<Topology, Record<'cpu' | 'memory', [threshold: number, target: number]>> = {
  separate: { cpu: [2.5, 1], memory: [400, 300] },
  all: { cpu: [1.5, 0.8], memory: [260, 200] },
};

/** Returns the scenario of what an installation costs while nothing is published, on a database of 60 days with one active webhook. */
export const idle =
  (topology: Topology): Scenario =>
  async (bench, { rounds, warmupSeconds }) => {
    await ageDatabase(bench);
    const measured: Measured[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const result = await oneRound(bench, topology, warmupSeconds);
      measured.push(result);
      console.log(`round ${round}:`, JSON.stringify(result));
    }
    const figure = (name: string, of: (round: Measured) => number, threshold: number, target: number) =>
      lowerIsBetter(name, medianOf(measured, of), { threshold, target });
    return {
      figures: [
        figure('CPU, % of a core', ({ cpuPercent }) => cpuPercent, ...LIMITS[topology].cpu),
        figure('memory (PSS), MB', ({ memoryMb }) => memoryMb, ...LIMITS[topology].memory),
        figure('Redis commands/s', ({ redisPerSecond }) => redisPerSecond, 10, 3),
        figure('PostgreSQL transactions/s', ({ transactionsPerSecond }) => transactionsPerSecond, 5, 2),
      ],
      summary: { seconds: SECONDS },
      rounds: measured,
    };
  };

async function oneRound(bench: Bench, topology: Topology, warmupSeconds: number): Promise<Measured> {
  const { services } = await startTopology(bench, topology);
  try {
    await sleep(warmupSeconds * 1000);
    const countedBefore = await count(bench);
    const cpuBefore = cpuByRole(bench, services);
    await sleep(SECONDS * 1000);
    const cpuMs = cpuBetween(cpuBefore, cpuByRole(bench, services));
    const memory = pssByRole(bench, services);
    const counted = await count(bench);
    return {
      cpuPercent: percentOfCore(sumOf(cpuMs)),
      cpuPercentByRole: mapRoles(cpuMs, percentOfCore),
      memoryMb: sumOf(memory),
      memoryMbByRole: memory,
      redisPerSecond: rounded((counted.redisCommands - countedBefore.redisCommands) / SECONDS),
      transactionsPerSecond: rounded((counted.transactions - countedBefore.transactions) / SECONDS),
    };
  } finally {
    await stopAll(services, 1);
  }
}

const percentOfCore = (cpuMs: number): number => rounded(cpuMs / (SECONDS * 10));

/** Reads the counters of both servers. The commands that a script calls count, too. */
async function count({ stack, database }: Bench): Promise<Counted> {
  const redis = new Redis(stack.redisUrl);
  const stats = await redis.info('stats');
  redis.disconnect();
  const { rows } = await database.pool.query<{ transactions: string }>(
    'SELECT sum(xact_commit + xact_rollback) AS transactions FROM pg_stat_database',
  );
  return {
    redisCommands: Number(/total_commands_processed:(\d+)/.exec(stats)?.[1]),
    transactions: Number(rows[0]?.transactions),
  };
}
