import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { MAX_EVENT_BYTES } from '@posthorn/contract';
import { createSealer, Deadline, MemoryBudget, newApiKey, type Quotas } from '@posthorn/core';
import {
  connect,
  ensureInstallationId,
  findChangedFeeds,
  NO_PAYLOAD_KEYS,
  recordApiKeyUses,
} from '@posthorn/database';
import { openPrisma, registerAdminKey } from '@posthorn/database/prisma';
import { createAcceptor, openPublishQuotas } from '@posthorn/fanout';
import {
  AccessTokens,
  createFenceStore,
  createSlotStore,
  createUnconfirmedValidations,
  Quarantine,
} from '@posthorn/flow';
import { createSender } from '@posthorn/outbound';
import { createDeliveryQueue, createQueueInspector } from '@posthorn/queue';
import { createLogger, onlyProcess, Parts, refusalCounter, Registry } from '@posthorn/runtime';
import { freshDatabase, freshQueuePrefix, startReceiver, type Receiver } from '@posthorn/testkit';
import { FeedPolls } from '../src/feed/feed-polls.js';
import { BODY_MEMORY, PAGE_MEMORY, SLOWEST_UPLOAD } from '../src/http/body-limits.js';
import { createChangeRunner } from '../src/http/changes.js';
import { FairQueue } from '../src/http/fair-queue.js';
import { createOpenLimiter, EXPORT_LIMITS, POLL_LIMITS, STREAM_LIMITS } from '../src/http/open-limiter.js';
import { createApi } from '../src/create-api.js';
import type { ApiDeps } from '../src/deps.js';
import { enforceQuotas } from '../src/tenants/enforce-quotas.js';
import { ApiKeyUsage } from '../src/http/api-key-usage.js';
import { CALL_LIMITS } from '../src/http/call-limiter.js';
import { OverviewFeed } from '../src/overview/overview-feed.js';
import { readOverview } from '../src/overview/read-overview.js';
import { serve } from '../src/serve.js';
import { createValidationGuard, unconfirmedLimits } from '../src/validation/validation-guard.js';
import { checkedClient, type CheckedClient } from './checked-client.js';

export interface TestApi {
  url: string;
  deps: ApiDeps;
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

/** Shorter than in production: only the tests of the barrier itself need the real one. */
const BARRIER_MS = 20;
const OVERVIEW_POLL_MS = 200;
const KEY_USAGE_FLUSH_MS = 50;

/** Longer than in production: only the tests of these timeouts need the real ones. The machine may pause for seconds. */
const LOOKUP_TIMEOUT_MS = 60_000;
const MAX_CHANGE_WAIT_MS = 60_000;

/** More than any test leaves unconfirmed, except those of the limits. */
const UNCONFIRMED_VALIDATIONS = 1000;

/**
 * Starts the API over HTTP, with PostgreSQL and Redis. It may send to loopback. Its barrier and its overview poll are short.
 *
 * @param replace dependencies to override
 */
export async function startApi(replace: Partial<ApiDeps> = {}): Promise<TestApi> {
  const database = await freshDatabase();
  const queuePrefix = freshQueuePrefix();
  const parts = new Parts();
  const { pool } = await parts.open(connect({ url: database.url, applicationName: 'posthorn api test' }));
  const prisma = openPrisma(pool);
  await parts.open({ stop: () => prisma.$disconnect() });
  const outbound = { allow: ['127.0.0.0/8'], http: true, ports: '*' as const };
  const sender = await parts.open(createSender(outbound));
  const queueInspector = await parts.open(createQueueInspector(queuePrefix));
  const fences = await parts.open(createFenceStore(queuePrefix));
  const slots = await parts.open(createSlotStore(queuePrefix));
  const unconfirmed = await parts.open(
    createUnconfirmedValidations(queuePrefix, unconfirmedLimits(UNCONFIRMED_VALIDATIONS)),
  );
  const deliveries = await parts.open(createDeliveryQueue(queuePrefix));
  const quotas = await parts.open(
    openPublishQuotas({
      ...queuePrefix,
      pool,
      defaults: replace.defaultQuotas ?? DEFAULT_QUOTAS,
      onError: () => {},
    }),
  );
  const registry = new Registry();
  const acceptor = enforceQuotas(
    await parts.open(createAcceptor({ pool, deliveries, onEnqueueError: () => {} })),
    { quotas, countRefused: refusalCounter(registry) },
  );
  const overview = await parts.open(
    new OverviewFeed({
      read: (tenantId) => readOverview({ pool, deliveries, slots }, tenantId),
      everyMs: OVERVIEW_POLL_MS,
      freshMs: OVERVIEW_POLL_MS,
    }),
  );
  const keyUsage = await parts.open(
    new ApiKeyUsage({
      record: (keyIds) => recordApiKeyUses(pool, keyIds),
      onError: () => {},
      flushMs: KEY_USAGE_FLUSH_MS,
    }),
  );
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const feedPolls = await parts.open(
    new FeedPolls({
      findChanged: (feeds) => findChangedFeeds(replace.pool ?? pool, feeds),
      onError: () => {},
      stopping: stopping.signal,
    }),
  );
  const logs: string[] = [];
  const logger = recordingLogger(logs);
  const sealer = { ...createSealer(randomBytes(32)), hashKey: randomBytes(32) };
  const quarantine = new Quarantine(logger);
  await ensureInstallationId(pool);
  await parts.open(quarantine.open({ pool, erasures: deliveries }));
  const tokens = await parts.open(
    new AccessTokens({ pool, sealer, send: (request) => (replace.sender ?? sender).send(request), logger }),
  );
  const deps: ApiDeps = {
    pool,
    bulkPool: pool,
    prisma,
    change: createChangeRunner({
      prisma: replace.prisma ?? prisma,
      connections: 4,
      onChange: () => {},
      maxWaitMs: MAX_CHANGE_WAIT_MS,
    }),
    lookupPool: replace.pool ?? pool,
    lookupTimeoutMs: LOOKUP_TIMEOUT_MS,
    keyUsage,
    callLimits: CALL_LIMITS,
    defaultQuotas: DEFAULT_QUOTAS,
    history: replace.prisma ?? prisma,
    historyPool: replace.pool ?? pool,
    bodyMemory: new MemoryBudget(BODY_MEMORY),
    slowestUpload: SLOWEST_UPLOAD,
    acceptor,
    writes: { check: () => Promise.resolve() },
    deliveries,
    queueInspector,
    fences,
    quarantine,
    slots,
    validations: createValidationGuard({ unconfirmed, logger }),
    attestationUntil: null,
    sender,
    egressAddresses: [],
    outbound,
    sealer,
    tokens,
    payloadKeys: NO_PAYLOAD_KEYS,
    logger,
    registry,
    group: onlyProcess(registry),
    countDropped: () => {},
    tracing: null,
    overview,
    openStream: createOpenLimiter(STREAM_LIMITS),
    openExport: createOpenLimiter(EXPORT_LIMITS),
    openPoll: createOpenLimiter(POLL_LIMITS),
    feedReads: new FairQueue(2),
    pageMemory: new MemoryBudget(PAGE_MEMORY),
    feedPolls,
    barrierMs: BARRIER_MS,
    // No producer runs.
    erasureWaitMs: 0,
    stopping: stopping.signal,
    email: null,
    singleSignOn: null,
    keySignIn: true,
    publicOrigin: null,
    dashboardFolder: '/nowhere',
    portalFrameAncestors: [],
    trustProxy: [],
    authFailuresPerMinute: 1_000_000,
    payloadRetentionDays: 60,
    retentionDays: 60,
    maxBlockedMinutes: 60 * 24 * 60,
    tenantPurgeDays: 7,
    metricsToken: null,
    ...replace,
  };
  const adminKey = newApiKey();
  await registerAdminKey(prisma, adminKey);
  const { port } = await parts.open(serve(createApi(deps), { port: 0, host: '127.0.0.1' }));
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
      stopping.abort();
      await parts.stop(new Deadline(30_000));
      await Promise.all(receivers.map((receiver) => receiver.close()));
      await queuePrefix.clear();
      await database.drop();
    },
  };
}

/** Returns a service logger that records its lines instead of printing them. */
function recordingLogger(lines: string[]) {
  const logger = createLogger({ service: 'api', level: 'debug' });
  for (const transport of logger.transports) transport.silent = true;
  logger.on('data', (info: Record<symbol, string>) => lines.push(info[Symbol.for('message')] ?? ''));
  return logger;
}
