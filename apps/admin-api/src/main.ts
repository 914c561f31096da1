import { setMaxListeners } from 'node:events';
import { apiConfig, outboundRules, redisSettings } from '@posthorn/contract';
import { BARRIER_MS, createSealer } from '@posthorn/core';
import { DASHBOARD_FOLDER } from '@posthorn/dashboard';
import { connect, migrate, assertEncryptionKey } from '@posthorn/database';
import { openPrisma, registerAdminKey } from '@posthorn/database/prisma';
import { createAcceptor } from '@posthorn/fanout';
import { createSlotStore } from '@posthorn/flow';
import { createSender } from '@posthorn/outbound';
import { createDeliveryQueue, createQueueInspector } from '@posthorn/queue';
import { dropCounter, eventCounter, poolGauges, runService, serverGauges } from '@posthorn/runtime';
import { countAccepted } from './count-accepted.js';
import { createApi } from './create-api.js';
import { engineGauges } from './engine-gauges.js';
import { OverviewFeed } from './overview/overview-feed.js';
import { readOverview } from './overview/read-overview.js';
import { PUBLISH_LIMITS } from './publish-limits.js';
import { serve } from './serve.js';

/**
 * Longest that a statement for a definition may take: when PostgreSQL says nothing, the call is answered after twice that
 * and the grace of the connection, for its transaction is ended, too.
 */
const DEFINITION_TIMEOUT_MS = 3000;

/** Longest that a read of the history may take. */
const HISTORY_TIMEOUT_MS = 10_000;

await runService({
  name: 'api',
  config: apiConfig,
  async start({ config, logger, registry, tracing }) {
    const redis = redisSettings(config);
    await migrate(config.databaseUrl);
    const database = connect({
      url: config.databaseUrl,
      applicationName: 'posthorn api',
      max: 8,
      statementTimeoutMs: DEFINITION_TIMEOUT_MS,
    });
    const { pool } = database;
    const sealer = createSealer(config.encryptionKey);
    await assertEncryptionKey(pool, sealer);
    const prisma = openPrisma(pool);
    const bulkDatabase = connect({ url: config.databaseUrl, applicationName: 'posthorn api bulk', max: 3 });
    const accepting = connect({
      url: config.databaseUrl,
      applicationName: 'posthorn api: accept',
      max: 1,
      genericPlans: true,
    });
    const historyDatabase = connect({
      url: config.databaseUrl,
      applicationName: 'posthorn api history',
      max: 4,
      statementTimeoutMs: HISTORY_TIMEOUT_MS,
    });
    const history = openPrisma(historyDatabase.pool);
    if (config.adminKey !== null) await registerAdminKey(prisma, config.adminKey);

    const outbound = outboundRules(config);
    if (outbound.allow.length > 0 || outbound.http)
      logger.warn('webhooks may leave the public internet', { outbound });
    const sender = createSender(outbound);
    const deliveries = await createDeliveryQueue({
      ...redis,
      onError: (error) => logger.debug('delivery queue', { error }),
    });
    const acceptor = createAcceptor({
      pool: bulkDatabase.pool,
      hotPathPool: accepting.pool,
      deliveries,
      tracing,
      limits: PUBLISH_LIMITS,
      onEnqueueError: (error) => logger.warn('jobs could not be made: the reconciler will', { error }),
    });

    serverGauges(registry, { postgresql: () => pool.query('SELECT 1'), redis: () => deliveries.ping() });
    poolGauges(registry, {
      main: pool,
      bulk: bulkDatabase.pool,
      accept: accepting.pool,
      history: historyDatabase.pool,
    });
    const slotStore = await createSlotStore(redis);
    engineGauges({ pool: historyDatabase.pool, slotStore, registry });

    const overview = new OverviewFeed({
      read: (tenantId) => readOverview({ pool: historyDatabase.pool, deliveries }, tenantId),
    });
    const queueInspector = createQueueInspector(redis);
    const stopping = new AbortController();
    // Each stream listens.
    setMaxListeners(0, stopping.signal);
    const app = createApi({
      pool,
      bulkPool: bulkDatabase.pool,
      prisma,
      history,
      acceptor: countAccepted(acceptor, eventCounter(registry)),
      deliveries,
      queueInspector,
      sender,
      outbound,
      sealer,
      logger,
      registry,
      tracing,
      countDropped: dropCounter(registry),
      barrierMs: BARRIER_MS,
      overview,
      stopping: stopping.signal,
      publicOrigin: config.publicOrigin,
      dashboardFolder: DASHBOARD_FOLDER,
      portalFrameAncestors: config.portalFrameAncestors,
      trustProxy: config.trustProxy,
      authFailuresPerMinute: config.authFailuresPerMinute,
      metricsToken: config.metricsToken,
    });
    const server = await serve(app, config);
    logger.info('listening', { host: config.host, port: server.port });

    return {
      async stop() {
        stopping.abort();
        await server.stop({ drainMs: config.drainMs, withinMs: config.shutdownTimeoutMs });
        await acceptor.stop();
        await slotStore.stop();
        await deliveries.stop();
        await queueInspector.stop();
        await sender.stop();
        await Promise.all([prisma.$disconnect(), history.$disconnect()]);
        const databases = [database, bulkDatabase, accepting, historyDatabase];
        await Promise.all(databases.map((each) => each.stop()));
      },
    };
  },
});
