import { randomBytes } from 'node:crypto';
import { MAX_EVENT_BYTES } from '@posthorn/contract';
import { Deadline, newApiKey, type Quotas } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
import { openPrisma } from '@posthorn/database/prisma-client';
import type { Quarantine } from '@posthorn/flow';
import { createLogger, onlyProcess, Parts, Registry, type ServiceContext } from '@posthorn/runtime';
import { type ApiConfig, apiConfig, readConfig } from '@posthorn/runtime/config';
import { freshDatabase, freshQueuePrefix, startReceiver, type Receiver } from '@posthorn/testkit';
import type { ApiParts } from '../src/create-api.js';
import type { Databases } from '../src/open-databases.js';
import { startApi as startProductionApi } from '../src/start-api.js';
import type { Waits } from '../src/waits.js';
import { checkedClient, type CheckedClient } from './checked-client.js';

export interface TestApi {
  url: string;
  deps: ApiParts;
  /** Client with an admin key for all tenants. */
  admin: CheckedClient;
  adminKey: string;
  client(key?: string): CheckedClient;
  /** All log lines so far. */
  logs: string[];
  /** Removes all jobs from Redis. */
  clearQueue(): Promise<void>;
  /** Starts a receiver, which is closed with the API. */
  receiver(): Promise<Receiver>;
  /** Stops the API and deletes its database and queues. */
  close(): Promise<void>;
}

/** So high that only tests of quotas reach one. */
export const DEFAULT_QUOTAS: Quotas = {
  webhooks: 10_000,
  apiKeys: 10_000,
  portalLinks: 10_000,
  eventsPerSecond: null,
  eventBytes: MAX_EVENT_BYTES,
};

/**
 * Shorter than in production: only the tests of the barrier itself need the real one. The longest waits are longer: only their own tests
 * need the real ones, and the machine may pause for seconds.
 */
const WAITS: Waits = {
  barrierMs: 20,
  // No producer runs.
  erasureWaitMs: 0,
  changeMs: 60_000,
  overviewPollMs: 200,
  overviewFreshMs: 200,
  keyUsageFlushMs: 50,
};
const LOOKUP_TIMEOUT_MS = 60_000;

/** The settings of the API, beside the servers and keys. It may send to loopback. Limits are so high that only their tests reach them. */
const SETTINGS = {
  POSTHORN_HOST: '127.0.0.1',
  POSTHORN_PORT: '0',
  POSTHORN_DRAIN_MS: '0',
  POSTHORN_OUTBOUND_ALLOW: '127.0.0.0/8',
  POSTHORN_OUTBOUND_HTTP: 'true',
  POSTHORN_OUTBOUND_PORTS: '*',
  POSTHORN_UNCONFIRMED_VALIDATIONS: '1000',
  POSTHORN_AUTH_FAILURES_PER_MINUTE: '1000000',
  POSTHORN_QUOTA_WEBHOOKS: String(DEFAULT_QUOTAS.webhooks),
  POSTHORN_QUOTA_API_KEYS: String(DEFAULT_QUOTAS.apiKeys),
  POSTHORN_QUOTA_PORTAL_LINKS: String(DEFAULT_QUOTAS.portalLinks),
  POSTHORN_RETENTION_DAYS: '60',
  POSTHORN_PAYLOAD_RETENTION_DAYS: '60',
};

/**
 * Starts the API over HTTP as in production, with PostgreSQL and Redis, but with one pool of connections and other waits.
 *
 * @param replace dependencies to override
 */
export async function startApi(replace: Partial<ApiParts> = {}): Promise<TestApi> {
  const database = await freshDatabase();
  const queuePrefix = freshQueuePrefix();
  const adminKey = newApiKey();
  const registry = new Registry();
  const parts = new Parts();
  const logs: string[] = [];
  const config = readConfig(apiConfig, {
    ...SETTINGS,
    DATABASE_URL: database.url,
    REDIS_URL: queuePrefix.redisUrl,
    POSTHORN_QUEUE_PREFIX: queuePrefix.prefix,
    POSTHORN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    POSTHORN_ADMIN_KEY: adminKey,
  });
  const { deps, port } = await startProductionApi(
    { config, logger: recordingLogger(logs), registry, group: onlyProcess(registry), tracing: null, parts },
    { openDatabases: openOnePool, waits: WAITS, replace: { dashboardFolder: '/nowhere', ...replace } },
  );
  const url = `http://127.0.0.1:${port}`;
  const receivers: Receiver[] = [];
  return {
    url,
    deps,
    adminKey,
    admin: checkedClient(url, adminKey),
    client: (key) => checkedClient(url, key),
    logs,
    clearQueue: () => queuePrefix.clear(),
    async receiver() {
      const receiver = await startReceiver();
      receivers.push(receiver);
      return receiver;
    },
    async close() {
      await parts.stop(new Deadline(30_000));
      await Promise.all(receivers.map((receiver) => receiver.close()));
      await queuePrefix.clear();
      await database.drop();
    },
  };
}

/** Opens one pool for everything, which costs tests less. */
async function openOnePool(
  { config, parts }: ServiceContext<ApiConfig>,
  { onSession }: Pick<Quarantine, 'onSession'>,
): Promise<Databases> {
  const { pool } = await parts.open(
    connect({ url: config.databaseUrl, applicationName: 'posthorn api test', onSession }),
  );
  const prisma = openPrisma(pool);
  await parts.open({ stop: () => prisma.$disconnect() });
  return {
    deps: {
      pool,
      prisma,
      lookupPool: pool,
      lookupTimeoutMs: LOOKUP_TIMEOUT_MS,
      bulkPool: pool,
      history: prisma,
      historyPool: pool,
    },
    changes: prisma,
    pools: { main: pool, changes: pool, lookup: pool, bulk: pool, accept: pool, history: pool },
  };
}

/** Returns a service logger that records its lines instead of printing them. */
function recordingLogger(lines: string[]) {
  const logger = createLogger({ service: 'api', level: 'debug' });
  for (const transport of logger.transports) transport.silent = true;
  logger.on('data', (info: Record<symbol, string>) => lines.push(info[Symbol.for('message')] ?? ''));
  return logger;
}
