import { randomUUID } from 'node:crypto';
import {
  defaultEventQuotas,
  emailSettings,
  type ProducerConfig,
  redisSettings,
} from '@posthorn/runtime/config';
import {
  connect,
  ensureInstallationId,
  ensureNotificationKey,
  migrate,
  PROMPT_STATEMENTS,
  setEmailEnabled,
} from '@posthorn/database';
import { connectSmtp } from '@posthorn/email';
import { createAcceptor, openPublishQuotas } from '@posthorn/fanout';
import {
  consumeEvents,
  consumeIntake,
  createDeliveryQueue,
  eventsLog,
  intakeStream,
  openDoorbell,
  wakeStream,
} from '@posthorn/queue';
import { createTasks, poolGauges, type ServiceContext, serveHealth } from '@posthorn/runtime';
import { createOperationalEventPublisher } from './operational-event-publisher.js';
import { createFenceStore, createSlotStore, openTaskShares, type StartHere } from '@posthorn/flow';
import { createAutoSuspend } from './auto-suspend.js';
import { createFenceKeeper } from './fence-keeper.js';
import { createHealthEvaluator } from './health-evaluator.js';
import { createLaneFeeder } from './lane-feeder.js';
import { createMailSender } from './mail-sender.js';
import { maintain } from './maintenance.js';
import { producerMetrics } from './producer-metrics.js';
import { createPushStore } from './push-store.js';
import { createPendingDropper } from './pending-dropper.js';
import { createReconciler } from './reconciler.js';
import { createReplayer } from './replayer.js';
import { createStatsAggregator } from './stats-aggregator.js';
import { createIngestPush } from './ingest-push.js';
import { tracePushes } from './trace-pushes.js';
import { createWorkFinder } from './work-finder.js';

/** `find_work` looks for the work of these tasks in one statement and wakes them. Otherwise they look by themselves, rarely. */
const FIND_WORK_PAUSES = { intervalMs: 500, maxIntervalMs: 2000 };
const DROP_PENDING_PAUSES = { intervalMs: 1000, maxIntervalMs: 60_000 };
const REPLAY_PAUSES = { intervalMs: 250, maxIntervalMs: 60_000 };
const OPERATIONAL_EVENTS_PAUSES = { intervalMs: 500, maxIntervalMs: 60_000 };
const EMAIL_PAUSES = { intervalMs: 1000, maxIntervalMs: 60_000 };

const RECONCILE_INTERVAL_MS = 2000;
const PROMOTE_INTERVAL_MS = 5000;
const FEED_PAUSES = { intervalMs: 100, maxIntervalMs: 2000 };
const AUTO_SUSPEND_INTERVAL_MS = 60_000;
const FENCES_INTERVAL_MS = 5000;
const STATS_PAUSES = { intervalMs: 10_000, maxIntervalMs: 60_000 };
const MAINTENANCE_INTERVAL_MS = 3_600_000;

const now = (): Date => new Date();

/**
 * Opens the parts of a producer: the readers of pushes and the background tasks.
 * @param startHere starts deliveries in this process, if it has a worker
 */
export async function startProducer(
  { config, logger, registry, tracing, parts }: ServiceContext<ProducerConfig>,
  startHere?: StartHere,
): Promise<void> {
  const redis = redisSettings(config);
  const email = emailSettings(config);
  const url = config.databaseUrl;
  const metrics = producerMetrics(registry);

  await migrate(url, config);
  const { pool } = await parts.open(
    connect({ url, applicationName: 'posthorn producer', max: 6, ...PROMPT_STATEMENTS }),
  );
  // For tasks whose statements may take long, and which no delivery waits for.
  const { pool: bulkPool } = await parts.open(
    connect({ url, applicationName: 'posthorn producer: bulk', max: 5 }),
  );
  const { pool: acceptPool } = await parts.open(
    connect({
      url,
      applicationName: 'posthorn producer: accept',
      max: 1,
      genericPlans: true,
      // Many times the usual duration of a batch of events. After it, batches are smaller.
      ...PROMPT_STATEMENTS,
    }),
  );
  poolGauges(registry, { main: pool, bulk: bulkPool, accept: acceptPool });
  const queue = await parts.open(
    createDeliveryQueue({ ...redis, onError: (error) => logger.debug('delivery queue error', { error }) }),
  );
  const installationId = await ensureInstallationId(pool);
  await queue.claimPrefix(installationId);
  await parts.open(
    serveHealth({
      config,
      registry,
      servers: { postgresql: () => pool.query('SELECT 1'), redis: () => queue.ping() },
    }),
  );
  const { prefix } = redis;
  const doorbell = await parts.open(
    openDoorbell({
      ...redis,
      streams: [intakeStream(prefix), eventsLog(prefix), wakeStream(prefix, 'producers')],
    }),
  );
  const fences = await parts.open(createFenceStore(redis));
  const shares = await parts.open(openTaskShares(redis, randomUUID()));
  const store = await parts.open(createSlotStore(redis));
  const acceptor = await parts.open(
    createAcceptor({
      pool,
      hotPathPool: acceptPool,
      deliveries: queue,
      startHere,
      tracing,
      onEnqueueError: (error) => logger.warn('enqueue failed; the reconciler will retry', { error }),
    }),
  );

  await setEmailEnabled(pool, email !== null);
  // After everything that the tasks use, so that they stop first.
  const tasks = await parts.open(createTasks({ logger, registry }));
  const mailSender =
    email &&
    // After the tasks, so that they do not wait long for a message in progress.
    (await parts.open(
      createMailSender({
        pool,
        smtp: connectSmtp(email.smtp),
        key: await ensureNotificationKey(pool),
        publicOrigin: email.publicOrigin,
        logger,
        metrics,
      }),
    ));
  const reconciler = createReconciler({ pool, installationId, queue, shares, logger, metrics });
  const retention = {
    recordDays: config.retentionDays,
    payloadDays: config.payloadRetentionDays,
    auditDays: config.auditRetentionDays,
  };
  tasks.run('reconcile', RECONCILE_INTERVAL_MS, reconciler.reconcile);
  tasks.run('promote', PROMOTE_INTERVAL_MS, reconciler.promote);
  tasks.run('feed_lanes', FEED_PAUSES, createLaneFeeder({ pool, queue, shares, logger, metrics }));
  const wakeUps = {
    drops: tasks.run('drop_pending', DROP_PENDING_PAUSES, createPendingDropper({ pool: bulkPool, metrics })),
    replays: tasks.run('replay', REPLAY_PAUSES, createReplayer({ pool, queue, shares, logger })),
    operationalEvents: tasks.run(
      'publish_operational_events',
      OPERATIONAL_EVENTS_PAUSES,
      createOperationalEventPublisher({
        pool,
        acceptor,
        logger,
        metrics,
        operatorEmails: email?.operatorEmails ?? null,
      }),
    ),
    ...(mailSender && { emails: tasks.run('send_email', EMAIL_PAUSES, mailSender.run) }),
  };
  const findWork = tasks.run('find_work', FIND_WORK_PAUSES, createWorkFinder({ pool, wakeUps }));
  tasks.run(
    'auto_suspend',
    AUTO_SUSPEND_INTERVAL_MS,
    createAutoSuspend({ pool: bulkPool, logger, metrics, now }),
  );
  const keepFences = createFenceKeeper({ pool, fences, logger, dropped: metrics.dropped });
  tasks.run('keep_fences', FENCES_INTERVAL_MS, keepFences);
  const onAggregated = createHealthEvaluator({
    pool: bulkPool,
    store,
    onError: (error) => logger.warn('throttled webhooks not evaluated', { error }),
  });
  const aggregateStats = tasks.run(
    'aggregate_stats',
    STATS_PAUSES,
    createStatsAggregator({ pool: bulkPool, now, onAggregated }),
  );
  doorbell.on(wakeStream(prefix, 'producers'), findWork);
  doorbell.on(wakeStream(prefix, 'producers'), aggregateStats);
  tasks.run('maintenance', MAINTENANCE_INTERVAL_MS, () =>
    maintain({ pool: bulkPool, logger, metrics, retention }),
  );

  const quotas = await parts.open(
    openPublishQuotas({
      ...redis,
      pool,
      defaults: defaultEventQuotas(config),
      onError: (error) => logger.warn('tenant rate limits are not enforced', { error }),
    }),
  );
  const ingest = tracePushes(
    tracing,
    createIngestPush({
      ...createPushStore({
        pool,
        acceptor,
        quotas,
        onRetry: (error) => logger.warn('waiting for PostgreSQL', { error }),
      }),
      count: metrics.event,
    }),
  );
  const consumer = { ...redis, doorbell, onError: (error: Error) => logger.warn('redis', { error }) };
  await parts.open(consumeEvents({ ...consumer, concurrency: config.producerConcurrency }, ingest));
  await parts.openAlongside(consumeIntake(consumer, ingest));
}
