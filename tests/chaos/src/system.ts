import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Stack, startStack, type SupervisedProcess } from '@posthorn/local';
import { type CuttableProxy, startCuttableProxy } from '@posthorn/testkit';

export const WORKERS = 3;

/** Few places, so that the bounds for duplicates are tight. */
const PLACES = { fast: 16, slow: 8, retry: 8, replay: 2 };

/** Deliveries that one worker has in hand at most, in all of its lanes. */
export const PLACES_OF_A_WORKER = Object.values(PLACES).reduce((sum, places) => sum + places);

/** A whole Posthorn to do harm to: real servers, and all services behind networks that can be cut. */
export interface System {
  apiUrl: string;
  adminKey: string;
  /** Of Redis itself, past the network that can be cut. */
  redisUrl: string;
  queuePrefix: string;
  postgres: SupervisedProcess;
  redis: SupervisedProcess;
  api: SupervisedProcess;
  producer: SupervisedProcess;
  workers: SupervisedProcess[];
  toPostgres: CuttableProxy;
  toRedis: CuttableProxy;
  /** Sets the wall clock of a service off by so much. It is right again after its restart. */
  shiftClock(service: SupervisedProcess, offsetMs: number): void;
  stop(): Promise<void>;
}

export async function startSystem(): Promise<System> {
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-chaos-'));
  const clockFile = path.join(folder, 'clock-offset');
  const servers = await startStack({ services: false, ephemeral: true });
  const toPostgres = await startCuttableProxy(servers.databaseUrl);
  const toRedis = await startCuttableProxy(servers.redisUrl);
  // A stack that is not ephemeral takes its servers from the environment.
  process.env['DATABASE_URL'] = toPostgres.url;
  process.env['REDIS_URL'] = toRedis.url;
  const clock = pathToFileURL(path.join(import.meta.dirname, 'shifted-clock.js')).href;
  const services = await startStack({
    dataDir: path.join(folder, 'services'),
    port: 0,
    workers: WORKERS,
    env: {
      NODE_OPTIONS: `--import=${clock}`,
      CHAOS_CLOCK_FILE: clockFile,
      POSTHORN_LOG_LEVEL: 'warn',
      POSTHORN_WORKER_CONCURRENCY: String(PLACES.fast),
      POSTHORN_WORKER_SLOW_CONCURRENCY: String(PLACES.slow),
      POSTHORN_WORKER_RETRY_CONCURRENCY: String(PLACES.retry),
      POSTHORN_WORKER_REPLAY_CONCURRENCY: String(PLACES.replay),
    },
  }).catch(async (error: unknown) => {
    await Promise.all([toPostgres.close(), toRedis.close(), servers.stop()]);
    throw error;
  });

  return {
    ...addressesOf(services),
    redisUrl: servers.redisUrl,
    postgres: servers.process('postgres'),
    redis: servers.process('redis'),
    api: services.process('api'),
    producer: services.process('producer'),
    workers: Array.from({ length: WORKERS }, (_, index) => services.process('worker', index)),
    toPostgres,
    toRedis,
    shiftClock(service, offsetMs) {
      writeFileSync(clockFile, String(offsetMs));
      service.kill('SIGUSR2');
    },
    async stop() {
      await services.stop();
      await Promise.all([toPostgres.close(), toRedis.close()]);
      await servers.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

const addressesOf = ({ apiUrl, adminKey, queuePrefix }: Stack) => ({ apiUrl, adminKey, queuePrefix });
