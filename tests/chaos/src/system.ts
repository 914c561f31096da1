import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Stack, startStack, type SupervisedProcess } from '@posthorn/local';
import { type CuttableProxy, startCuttableProxy } from '@posthorn/testkit';
import { makeRedisClockSettable, type SetRedisClock } from './redis-clock.js';
import type { ClockFault } from './shifted-clock.js';

const WORKERS = 3;

/** Low, so that the limits for duplicates are tight. */
const CONCURRENCY = { fast: 16, slow: 8, retry: 8, replay: 2 };

/** The most deliveries that a process starts itself beside those that it fetches: until three quarters of the lane run. */
const LOCAL_STARTS = { separate: 0, all: CONCURRENCY.fast * 0.75 };

/** A complete stack. Services reach the servers through proxies that can be cut. */
export interface System {
  apiUrl: string;
  adminKey: string;
  /** The URL of Redis itself, without the proxy. */
  redisUrl: string;
  queuePrefix: string;
  postgres: SupervisedProcess;
  redis: SupervisedProcess;
  /** In one process with all roles, `api`, `producer` and the only worker are the same. */
  api: SupervisedProcess;
  producer: SupervisedProcess;
  workers: SupervisedProcess[];
  /** The most deliveries that one worker runs at once, in all of its lanes. */
  workerConcurrency: number;
  postgresProxy: CuttableProxy;
  redisProxy: CuttableProxy;
  /** Null on a machine on which it cannot be set. */
  setRedisClock: SetRedisClock | null;
  /** Makes the clocks of services differ from the clocks of the machine. A restart resets them. */
  setClocks(services: readonly SupervisedProcess[], fault: Partial<ClockFault>): void;
  stop(): Promise<void>;
}

/** Separate processes, or one with all roles. */
export type Topology = 'separate' | 'all';

export async function startSystem(topology: Topology): Promise<System> {
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-chaos-'));
  const clockFile = path.join(folder, 'clock-offset');
  const setRedisClock = await makeRedisClockSettable(folder);
  const servers = await startStack({ services: false, ephemeral: true });
  const postgresProxy = await startCuttableProxy(servers.databaseUrl);
  const redisProxy = await startCuttableProxy(servers.redisUrl);
  // A stack that is not ephemeral uses the servers named by the environment.
  process.env['DATABASE_URL'] = postgresProxy.url;
  process.env['REDIS_URL'] = redisProxy.url;
  const clock = pathToFileURL(path.join(import.meta.dirname, 'shifted-clock.js')).href;
  const services = await startStack({
    dataDir: path.join(folder, 'services'),
    port: 0,
    ...(topology === 'all' ? { role: 'all' } : { workers: WORKERS }),
    env: {
      NODE_OPTIONS: `--import=${clock}`,
      CHAOS_CLOCK_FILE: clockFile,
      POSTHORN_LOG_LEVEL: 'warn',
      POSTHORN_WORKER_CONCURRENCY: String(CONCURRENCY.fast),
      POSTHORN_WORKER_SLOW_CONCURRENCY: String(CONCURRENCY.slow),
      POSTHORN_WORKER_RETRY_CONCURRENCY: String(CONCURRENCY.retry),
      POSTHORN_WORKER_REPLAY_CONCURRENCY: String(CONCURRENCY.replay),
    },
  }).catch(async (error: unknown) => {
    await Promise.all([postgresProxy.close(), redisProxy.close(), servers.stop()]);
    throw error;
  });

  return {
    ...addressesOf(services),
    redisUrl: servers.redisUrl,
    postgres: servers.process('postgres'),
    redis: servers.process('redis'),
    ...processesOf(services, topology),
    workerConcurrency: Object.values(CONCURRENCY).reduce((sum, jobs) => sum + jobs) + LOCAL_STARTS[topology],
    postgresProxy,
    redisProxy,
    setRedisClock,
    setClocks(affected, { wallOffsetMs = 0, stopsMonotonicTime = false }) {
      writeFileSync(clockFile, JSON.stringify({ wallOffsetMs, stopsMonotonicTime }));
      for (const service of affected) service.kill('SIGUSR2');
    },
    async stop() {
      await services.stop();
      await Promise.all([postgresProxy.close(), redisProxy.close()]);
      await servers.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function processesOf(services: Stack, topology: Topology): Pick<System, 'api' | 'producer' | 'workers'> {
  if (topology === 'all') {
    const all = services.process('all');
    return { api: all, producer: all, workers: [all] };
  }
  return {
    api: services.process('api'),
    producer: services.process('producer'),
    workers: Array.from({ length: WORKERS }, (_, index) => services.process('worker', index)),
  };
}

const addressesOf = ({ apiUrl, adminKey, queuePrefix }: Stack) => ({ apiUrl, adminKey, queuePrefix });
