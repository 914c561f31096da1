import { setMaxListeners } from 'node:events';
import { DEFAULT_MAX_BLOCKED_MINUTES } from '@posthorn/contract';
import { BARRIER_MS, createSealer, MemoryBudget } from '@posthorn/core';
import { DASHBOARD_FOLDER } from '@posthorn/dashboard';
import {
  assertEncryptionKey,
  ensureInstallationId,
  ensureNotificationKey,
  findChangedFeeds,
  migrate,
  type Pool,
} from '@posthorn/database';
import { registerAdminKey } from '@posthorn/database/prisma';
import { connectSmtp } from '@posthorn/email';
import {
  createFenceStore,
  createSlotStore,
  createUnconfirmedValidations,
  type StartOrReturn,
} from '@posthorn/flow';
import { createSender } from '@posthorn/outbound';
import { createDeliveryQueue, createQueueInspector } from '@posthorn/queue';
import { dropCounter, type ServiceContext } from '@posthorn/runtime';
import {
  type ApiConfig,
  defaultQuotas,
  emailSettings,
  outboundRules,
  payloadRetentionDays,
  redisSettings,
} from '@posthorn/runtime/config';
import { createApi } from './create-api.js';
import type { Email } from './deps.js';
import { openAcceptor } from './events/open-acceptor.js';
import { FeedPolls } from './feed/feed-polls.js';
import { bodyMemoryOf, SLOWEST_UPLOAD } from './http/body-limits.js';
import { CALL_LIMITS } from './http/call-limiter.js';
import { createChangeRunner } from './http/changes.js';
import { openMonitoring } from './monitoring/open-monitoring.js';
import { openDatabases } from './open-databases.js';
import { createStreamLimiter, STREAM_LIMITS } from './overview/stream-limiter.js';
import { serve } from './serve.js';
import { createValidationGuard, unconfirmedLimits } from './validation/validation-guard.js';

const MINUTES_OF_DAY = 24 * 60;

/**
 * Opens the parts of the API: its HTTP server and the connections that it uses.
 * @param startOrReturn starts deliveries in this process, if it has a worker
 */
export async function startApi(
  context: ServiceContext<ApiConfig>,
  startOrReturn?: StartOrReturn,
): Promise<void> {
  const { config, logger, registry, group, parts } = context;
  await migrate(config.databaseUrl, config);
  const databases = await openDatabases(context);
  const { pools } = databases;
  const sealer = createSealer(config.encryptionKey);
  await assertEncryptionKey(pools.main, sealer);
  if (config.adminKey !== null) await registerAdminKey(databases.deps.prisma, config.adminKey);

  const redis = redisSettings(config);
  const outbound = outboundRules(config);
  if (outbound.allow.length > 0 || outbound.http)
    logger.warn('webhooks may target private networks or use plain http', { outbound });
  const sender = await parts.open(createSender(outbound));
  const queueInspector = await parts.open(createQueueInspector(redis));
  const deliveries = await parts.open(
    createDeliveryQueue({ ...redis, onError: (error) => logger.debug('delivery queue error', { error }) }),
  );
  await deliveries.claimPrefix(await ensureInstallationId(pools.main));
  const slots = await parts.open(createSlotStore(redis));
  const fences = await parts.open(createFenceStore(redis));
  const unconfirmed = await parts.open(
    createUnconfirmedValidations(redis, unconfirmedLimits(config.unconfirmedValidations)),
  );
  const quotas = defaultQuotas(config);
  const accepting = await openAcceptor(context, { pools, deliveries, quotas, startOrReturn });
  const monitoring = await openMonitoring(context, { pools, deliveries, slots });

  const shutdown = new AbortController();
  // Every overview stream adds a listener.
  setMaxListeners(0, shutdown.signal);
  const feedPolls = await parts.open(
    new FeedPolls({
      findChanged: (feeds) => findChangedFeeds(pools.main, feeds),
      onError: (error) => logger.warn('checking the feeds that calls wait for failed', { error }),
      stopping: shutdown.signal,
    }),
  );
  const app = createApi({
    ...databases.deps,
    ...accepting,
    ...monitoring,
    change: createChangeRunner({
      prisma: databases.changes,
      connections: pools.changes.options.max,
      onChange: () => deliveries.wake('producers'),
    }),
    callLimits: CALL_LIMITS,
    defaultQuotas: quotas,
    bodyMemory: new MemoryBudget(bodyMemoryOf(group)),
    slowestUpload: SLOWEST_UPLOAD,
    deliveries,
    queueInspector,
    fences,
    slots,
    validations: createValidationGuard({ unconfirmed, logger }),
    sender,
    outbound,
    sealer,
    countDropped: dropCounter(registry),
    openStream: createStreamLimiter(STREAM_LIMITS),
    feedPolls,
    barrierMs: BARRIER_MS,
    stopping: shutdown.signal,
    email: await openEmail(config, pools.main),
    publicOrigin: config.publicOrigin,
    dashboardFolder: DASHBOARD_FOLDER,
    portalFrameAncestors: config.portalFrameAncestors,
    attestationUntil: config.attestationUntil,
    maxBlockedMinutes: Math.max(payloadRetentionDays(config) * MINUTES_OF_DAY, DEFAULT_MAX_BLOCKED_MINUTES),
    trustProxy: config.trustProxy,
    authFailuresPerMinute: config.authFailuresPerMinute,
  });
  const { port } = await parts.open(serve(app, config));
  logger.info('listening', { host: config.host, port });
  // Stopped first: /readyz fails and the overview streams end before the server drains.
  await parts.open({ stop: async () => shutdown.abort() });
}

/** Returns how emails are sent; null if none are. */
async function openEmail(config: ApiConfig, pool: Pool): Promise<Email | null> {
  const email = emailSettings(config);
  if (email === null) return null;
  const { smtp, operatorEmails } = email;
  return { smtp: connectSmtp(smtp), from: smtp.from, operatorEmails, key: await ensureNotificationKey(pool) };
}
