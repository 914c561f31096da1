import { setMaxListeners } from 'node:events';
import {
  type ApiConfig,
  defaultQuotas,
  emailSettings,
  outboundRules,
  redisSettings,
} from '@posthorn/runtime/config';
import { BARRIER_MS, createSealer, MemoryBudget } from '@posthorn/core';
import { DASHBOARD_FOLDER } from '@posthorn/dashboard';
import {
  assertEncryptionKey,
  connectForProbe,
  ensureInstallationId,
  ensureNotificationKey,
  migrate,
  probeWrites,
  recordApiKeyUses,
} from '@posthorn/database';
import { registerAdminKey } from '@posthorn/database/prisma';
import { connectSmtp } from '@posthorn/email';
import { createAcceptor, openPublishQuotas } from '@posthorn/fanout';
import {
  createFenceStore,
  createSlotStore,
  createUnconfirmedValidations,
  type StartHere,
} from '@posthorn/flow';
import { createSender } from '@posthorn/outbound';
import { createDeliveryQueue, createQueueInspector } from '@posthorn/queue';
import {
  dropCounter,
  eventCounter,
  poolGauges,
  refusalCounter,
  type ServiceContext,
  serverGauges,
} from '@posthorn/runtime';
import { BODY_MEMORY, SLOWEST_UPLOAD } from './http/body-limits.js';
import { createChangeRunner } from './http/changes.js';
import { countAccepted } from './events/count-accepted.js';
import { createApi } from './create-api.js';
import { enforceQuotas } from './tenants/enforce-quotas.js';
import { engineGauges } from './monitoring/engine-gauges.js';
import { ApiKeyUsage } from './http/api-key-usage.js';
import { LOOKUP_TIMEOUT_MS } from './http/authenticate.js';
import { CALL_LIMITS } from './http/call-limiter.js';
import { monitorWrites } from './monitoring/monitor-writes.js';
import { openDatabases } from './open-databases.js';
import { OverviewFeed } from './overview/overview-feed.js';
import { readOverview } from './overview/read-overview.js';
import { createStreamLimiter, STREAM_LIMITS } from './overview/stream-limiter.js';
import { PUBLISH_LIMITS } from './events/publish-limits.js';
import { refusalWarning } from './events/refusal-warning.js';
import { serve } from './serve.js';
import { createValidationGuard, unconfirmedLimits } from './validation/validation-guard.js';
import { WriteMonitor } from './monitoring/write-monitor.js';

/**
 * Opens the parts of the API: its HTTP server and the connections that it uses.
 * @param startHere starts deliveries in this process, if it has a worker
 */
export async function startApi(
  { config, logger, registry, tracing, parts }: ServiceContext<ApiConfig>,
  startHere?: StartHere,
): Promise<void> {
  const redis = redisSettings(config);
  const quotas = defaultQuotas(config);
  const email = emailSettings(config);
  await migrate(config.databaseUrl, config);
  const { pools, prisma, changes, history } = await openDatabases(config.databaseUrl, parts);
  const sealer = createSealer(config.encryptionKey);
  await assertEncryptionKey(pools.main, sealer);
  if (config.adminKey !== null) await registerAdminKey(prisma, config.adminKey);

  const outbound = outboundRules(config);
  if (outbound.allow.length > 0 || outbound.http)
    logger.warn('webhooks may target private networks or use plain http', { outbound });
  const sender = await parts.open(createSender(outbound));
  const queueInspector = await parts.open(createQueueInspector(redis));
  const deliveries = await parts.open(
    createDeliveryQueue({ ...redis, onError: (error) => logger.debug('delivery queue error', { error }) }),
  );
  await deliveries.claimPrefix(await ensureInstallationId(pools.main));
  const slotStore = await parts.open(createSlotStore(redis));
  const fences = await parts.open(createFenceStore(redis));
  const unconfirmed = await parts.open(
    createUnconfirmedValidations(redis, unconfirmedLimits(config.unconfirmedValidations)),
  );
  const countRefused = refusalCounter(registry);
  const warnOfRefusal = refusalWarning(logger);
  const acceptor = await parts.open(
    createAcceptor({
      pool: pools.lookup,
      hotPathPool: pools.accept,
      deliveries,
      startHere,
      tracing,
      limits: PUBLISH_LIMITS,
      onRefuse(...refusal) {
        countRefused(...refusal);
        warnOfRefusal(...refusal);
      },
      onEnqueueError: (error) => logger.warn('enqueue failed; the reconciler will retry', { error }),
    }),
  );
  const { pool: probePool } = await parts.openAlongside(connectForProbe(config.databaseUrl));
  const writes = new WriteMonitor({ probe: () => probeWrites(probePool) });
  const publishQuotas = await parts.open(
    openPublishQuotas({
      ...redis,
      pool: pools.lookup,
      defaults: quotas,
      onError: (error) => logger.warn('tenant rate limits are not enforced', { error }),
    }),
  );
  const overview = await parts.open(
    new OverviewFeed({
      read: (tenantId) => readOverview({ pool: pools.history, deliveries, slots: slotStore }, tenantId),
    }),
  );
  const keyUsage = await parts.open(
    new ApiKeyUsage({
      record: (keyIds) => recordApiKeyUses(pools.main, keyIds),
      onError: (error) => logger.warn('recording uses of API keys failed', { error }),
    }),
  );
  poolGauges(registry, pools);
  serverGauges(registry, {
    postgresql: () => pools.main.query('SELECT 1'),
    redis: () => deliveries.ping(),
  });
  engineGauges({ pool: pools.history, slotStore, registry });

  const shutdown = new AbortController();
  // Every overview stream adds a listener.
  setMaxListeners(0, shutdown.signal);
  const app = createApi({
    pool: pools.main,
    bulkPool: pools.bulk,
    prisma,
    change: createChangeRunner(changes, () => deliveries.wake('producers')),
    lookupPool: pools.lookup,
    lookupTimeoutMs: LOOKUP_TIMEOUT_MS,
    keyUsage,
    callLimits: CALL_LIMITS,
    defaultQuotas: quotas,
    history,
    historyPool: pools.history,
    bodyMemory: new MemoryBudget(BODY_MEMORY),
    slowestUpload: SLOWEST_UPLOAD,
    acceptor: enforceQuotas(countAccepted(monitorWrites(acceptor, writes), eventCounter(registry)), {
      quotas: publishQuotas,
      countRefused,
    }),
    writes,
    deliveries,
    queueInspector,
    fences,
    slots: slotStore,
    validations: createValidationGuard({ unconfirmed, logger }),
    sender,
    outbound,
    sealer,
    logger,
    registry,
    tracing,
    countDropped: dropCounter(registry),
    overview,
    openStream: createStreamLimiter(STREAM_LIMITS),
    barrierMs: BARRIER_MS,
    stopping: shutdown.signal,
    email: email && {
      smtp: connectSmtp(email.smtp),
      from: email.smtp.from,
      operatorEmails: email.operatorEmails,
      key: await ensureNotificationKey(pools.main),
    },
    publicOrigin: config.publicOrigin,
    dashboardFolder: DASHBOARD_FOLDER,
    portalFrameAncestors: config.portalFrameAncestors,
    attestationUntil: config.attestationUntil,
    trustProxy: config.trustProxy,
    authFailuresPerMinute: config.authFailuresPerMinute,
    metricsToken: config.metricsToken,
  });
  const { port } = await parts.open(serve(app, config));
  logger.info('listening', { host: config.host, port });
  // Stopped first: /readyz fails and the overview streams end before the server drains.
  await parts.open({ stop: async () => shutdown.abort() });
}
