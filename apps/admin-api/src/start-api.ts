import { setMaxListeners } from 'node:events';
import { DEFAULT_MAX_BLOCKED_MINUTES } from '@posthorn/contract';
import { MemoryBudget, RequestComposer } from '@posthorn/core';
import { DASHBOARD_FOLDER } from '@posthorn/dashboard';
import { registerAdminKey } from '@posthorn/database/access/prisma';
import type { Pool } from '@posthorn/database/connection';
import { migrate } from '@posthorn/database/server';
import { ensureInstallationId } from '@posthorn/database/settings';
import {
  AccessTokens,
  createFenceStore,
  createSlotStore,
  createUnconfirmedValidations,
  Quarantine,
  type StartOrReturn,
} from '@posthorn/flow';
import { createSender, type OutboundRequest } from '@posthorn/outbound';
import { createDeliveryQueue, createQueueInspector, type DeliveryQueue } from '@posthorn/queue';
import { dropCounter, quarantineGauge, type ServiceContext } from '@posthorn/runtime';
import {
  type ApiConfig,
  defaultQuotas,
  outboundProxy,
  outboundRules,
  payloadRetentionDays,
  redisSettings,
  singleSignOnSettings,
} from '@posthorn/runtime/config';
import { type ApiParts, createApi } from './create-api.js';
import { openAcceptor } from './events/open-acceptor.js';
import { openFeeds } from './feed/open-feeds.js';
import { bodyMemoryOf, SLOWEST_UPLOAD } from './http/body-limits.js';
import { CALL_LIMITS } from './access/call-limiter.js';
import { createChangeRunner } from './calls/changes.js';
import { createOpenLimiter, EXPORT_LIMITS, STREAM_LIMITS } from './http/open-limiter.js';
import { openMonitoring } from './monitoring/open-monitoring.js';
import { openDatabases } from './open-databases.js';
import { openKeys } from './open-keys.js';
import { serve } from './serve.js';
import { openSingleSignOn } from './single-sign-on/open-single-sign-on.js';
import { createValidationGuard, unconfirmedLimits } from './requests/validation-guard.js';
import { WAITS, type Waits } from './waits.js';

const MINUTES_OF_DAY = 24 * 60;

interface StartApiOptions {
  /** Starts deliveries in this process, if it has a worker. */
  startOrReturn?: StartOrReturn;
  /** Of tests, how connections are opened. */
  openDatabases?: typeof openDatabases;
  /** Of tests, how long things wait. */
  waits?: Waits;
  /** Of tests, what handlers use instead of what was opened. */
  replace?: Partial<ApiParts>;
}

/** Starts the API: opens its parts and its HTTP server. Returns what its handlers use, and its port. */
export async function startApi(
  context: ServiceContext<ApiConfig>,
  options: StartApiOptions = {},
): Promise<{ deps: ApiParts; port: number }> {
  const { config, logger, parts } = context;
  const shutdown = new AbortController();
  // Every overview stream adds a listener.
  setMaxListeners(0, shutdown.signal);
  const deps = await openParts(context, options, shutdown.signal);
  const { port } = await parts.open(serve(createApi(deps), config));
  logger.info('listening', { host: config.host, port });
  // Stopped first: /readyz fails and the overview streams end before the server drains.
  await parts.open({ stop: async () => shutdown.abort() });
  return { deps, port };
}

async function openParts(
  context: ServiceContext<ApiConfig>,
  { startOrReturn, openDatabases: open = openDatabases, waits = WAITS, replace = {} }: StartApiOptions,
  stopping: AbortSignal,
): Promise<ApiParts> {
  const { config, logger, registry, group, tracing, parts } = context;
  await checkAndMigrate(config);
  const quarantine = new Quarantine(logger);
  const databases = await open(context, quarantine);
  const { pools } = databases;
  const keys = await openKeys(context, pools.main);
  const singleSignOn = await openSingleSignOn(context, databases, keys.sealer);
  if (config.adminKey !== null) await registerAdminKey(databases.deps.prisma, config.adminKey);

  const redis = redisSettings(config);
  const outbound = outboundRules(config);
  if (outbound.allow.length > 0 || outbound.privateNetworks.length > 0 || outbound.http)
    logger.warn('webhooks may target private networks or use plain http', { outbound });
  const sender =
    replace.sender ?? (await parts.open(createSender(outbound, { proxy: outboundProxy(config) })));
  const send = (request: OutboundRequest) => sender.send(request);
  const tokens = await parts.open(new AccessTokens({ pool: pools.main, sealer: keys.sealer, send, logger }));
  const queueInspector = await parts.open(createQueueInspector(redis));
  const deliveries = await openQueue(context, pools.main, quarantine);
  const slots = await parts.open(createSlotStore(redis));
  const fences = await parts.open(createFenceStore(redis));
  const unconfirmed = await parts.open(
    createUnconfirmedValidations(redis, unconfirmedLimits(config.unconfirmedValidations)),
  );
  const quotas = defaultQuotas(config);
  const { payloadKeys } = keys;
  const accepting = await openAcceptor(context, { pools, payloadKeys, deliveries, quotas, startOrReturn });
  const monitoring = await openMonitoring(context, { pools, deliveries, slots, waits });
  const feeds = await openFeeds(context, databases, stopping);
  return {
    ...databases.deps,
    logger,
    registry,
    group,
    tracing,
    ...keys,
    composer: new RequestComposer(keys.sealer, config),
    ...accepting,
    ...monitoring,
    ...feeds,
    change: createChangeRunner({
      prisma: databases.changes,
      connections: pools.changes.options.max,
      onChange: () => deliveries.wake('producers'),
      maxWaitMs: waits.changeMs,
    }),
    singleSignOn,
    callLimits: CALL_LIMITS,
    defaultQuotas: quotas,
    bodyMemory: new MemoryBudget(bodyMemoryOf(group)),
    slowestUpload: SLOWEST_UPLOAD,
    deliveries,
    queueInspector,
    fences,
    quarantine,
    slots,
    validations: createValidationGuard({ unconfirmed, logger }),
    sender,
    tokens,
    outbound,
    countDropped: dropCounter(registry),
    openStream: createOpenLimiter(STREAM_LIMITS),
    openExport: createOpenLimiter(EXPORT_LIMITS),
    barrierMs: waits.barrierMs,
    erasureWaitMs: waits.erasureWaitMs,
    stopping,
    dashboardFolder: DASHBOARD_FOLDER,
    ...settingsOf(config),
    ...replace,
  };
}

/** Opens the queue of deliveries, and checks with it whether erased data may be back in the database. */
async function openQueue(
  { config, logger, registry, parts }: ServiceContext<ApiConfig>,
  pool: Pool,
  quarantine: Quarantine,
): Promise<DeliveryQueue> {
  const onError = (error: Error) => logger.debug('delivery queue error', { error });
  const queue = await parts.open(createDeliveryQueue({ ...redisSettings(config), onError }));
  await queue.claimPrefix(await ensureInstallationId(pool));
  await parts.open(quarantine.open({ pool, erasures: queue }));
  quarantineGauge(registry, quarantine);
  return queue;
}

/** Migrates the database. @throws ConfigError before that, if settings contradict each other */
async function checkAndMigrate(config: ApiConfig): Promise<void> {
  singleSignOnSettings(config);
  await migrate(config.databaseUrl, config);
}

/** Returns the settings that parts use. */
function settingsOf(config: ApiConfig) {
  const payloadDays = payloadRetentionDays(config);
  return {
    metricsToken: config.metricsToken,
    keySignIn: config.keySignIn,
    egressAddresses: config.egressAddresses,
    publicOrigin: config.publicOrigin,
    portalFrameAncestors: config.portalFrameAncestors,
    attestationUntil: config.attestationUntil,
    trustProxy: config.trustProxy,
    authFailuresPerMinute: config.authFailuresPerMinute,
    tenantPurgeDays: config.tenantPurgeDays,
    payloadRetentionDays: payloadDays,
    retentionDays: config.retentionDays,
    maxBlockedMinutes: Math.max(payloadDays * MINUTES_OF_DAY, DEFAULT_MAX_BLOCKED_MINUTES),
  };
}
