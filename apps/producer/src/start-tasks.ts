import { KEY_REPORT_INTERVAL_MS, openSealer } from '@posthorn/database/encryption';
import { setEmailEnabled } from '@posthorn/database/notifications';
import { readClocks } from '@posthorn/database/server';
import { ensureNotificationKey } from '@posthorn/database/settings';
import { connectSmtp } from '@posthorn/email';
import type { Acceptor } from '@posthorn/fanout';
import { createTasks, type Logger, type ServiceContext, type Tasks } from '@posthorn/runtime';
import type { EmailSettings, ProducerConfig } from '@posthorn/runtime/config';
import { createAuditChainer } from './audit/audit-chainer.js';
import { createAutoSuspend } from './suspension/auto-suspend.js';
import { createBacklogLimit } from './suspension/backlog-limit.js';
import { createEraser } from './erasures/eraser.js';
import { createFenceKeeper } from './suspension/fence-keeper.js';
import { createHealthEvaluator } from './statistics/health-evaluator.js';
import { createLaneFeeder } from './lanes/lane-feeder.js';
import { createMailSender, type MailSender } from './notifications/mail-sender.js';
import { maintain } from './retention/maintenance.js';
import type { Pools, RedisParts } from './servers/open-servers.js';
import { createOperationalEventPublisher } from './notifications/operational-event-publisher.js';
import { createPayloadCleaner } from './retention/payload-cleaner.js';
import { createPendingDropper } from './suspension/pending-dropper.js';
import type { ProducerMetrics } from './metrics/producer-metrics.js';
import { createReconciler } from './reconciliation/reconciler.js';
import { createReplayer } from './replays/replayer.js';
import { createStatsAggregator } from './statistics/stats-aggregator.js';
import { createUsageCounter } from './statistics/usage-counter.js';
import { createWorkFinder } from './tasks/work-finder.js';

/** `find_work` looks for the work of these tasks in one statement and wakes them. Otherwise they look by themselves, rarely. */
const FIND_WORK_PAUSES = { intervalMs: 500, maxIntervalMs: 2000 };
const DROP_PENDING_PAUSES = { intervalMs: 1000, maxIntervalMs: 60_000 };
const ERASE_PAUSES = { intervalMs: 500, maxIntervalMs: 60_000 };
const REPLAY_PAUSES = { intervalMs: 250, maxIntervalMs: 60_000 };
const AUDIT_PAUSES = { intervalMs: 500, maxIntervalMs: 60_000 };
const OPERATIONAL_EVENTS_PAUSES = { intervalMs: 500, maxIntervalMs: 60_000 };
const EMAIL_PAUSES = { intervalMs: 1000, maxIntervalMs: 60_000 };

const RECONCILE_INTERVAL_MS = 2000;
const PROMOTE_INTERVAL_MS = 5000;
const FEED_PAUSES = { intervalMs: 100, maxIntervalMs: 2000 };
const AUTO_SUSPEND_INTERVAL_MS = 60_000;
const BACKLOG_LIMIT_INTERVAL_MS = 10_000;
const FENCES_INTERVAL_MS = 5000;
const STATS_PAUSES = { intervalMs: 10_000, maxIntervalMs: 60_000 };
const DELETE_PAYLOADS_PAUSES = { intervalMs: 2000, maxIntervalMs: 10_000 };
const USAGE_INTERVAL_MS = 60_000;
const MAINTENANCE_INTERVAL_MS = 3_600_000;

const now = (): Date => new Date();

interface TaskDeps {
  pools: Pools;
  redis: RedisParts;
  acceptor: Acceptor;
  metrics: ProducerMetrics;
  email: EmailSettings | null;
}

interface TaskContext extends TaskDeps {
  tasks: Tasks;
  logger: Logger;
}

/** Starts the background tasks. */
export async function startTasks(
  { config, logger, registry, parts }: ServiceContext<ProducerConfig>,
  deps: TaskDeps,
): Promise<void> {
  await setEmailEnabled(deps.pools.pool, deps.email !== null);
  // After everything that the tasks use, so that they stop first.
  const tasks = await parts.open(createTasks({ logger, registry }));
  const context = { ...deps, logger, tasks };
  // After the tasks, so that they do not wait long for a message in progress.
  const mailSender = deps.email && (await parts.open(await mailSenderFor(context, deps.email)));
  runDispatch(context);
  const findWork = runWorkFinder(context, mailSender);
  runSuspension(context, config);
  const aggregateStats = runStatistics(context);
  runMaintenance(context, config);
  runKeyReports(context);
  const { doorbell, wakeUps } = deps.redis;
  doorbell.on(wakeUps, findWork);
  doorbell.on(wakeUps, aggregateStats);
}

async function mailSenderFor(
  { pools: { pool, quarantine }, logger, metrics }: TaskContext,
  { smtp, publicOrigin, payloadKeys }: EmailSettings,
): Promise<MailSender> {
  const sealer = await openSealer(pool, 'payload', payloadKeys);
  const key = await ensureNotificationKey(pool, sealer);
  return createMailSender({ pool, smtp: connectSmtp(smtp), key, publicOrigin, logger, metrics, quarantine });
}

/** Runs the tasks that create the jobs of due deliveries. */
function runDispatch({ tasks, pools, redis, logger, metrics }: TaskContext): void {
  const { pool } = pools;
  const { installationId, queue, shares } = redis;
  const reconciler = createReconciler({ pool, installationId, queue, shares, logger, metrics });
  tasks.run('reconcile', RECONCILE_INTERVAL_MS, reconciler.reconcile);
  tasks.run('promote', PROMOTE_INTERVAL_MS, reconciler.promote);
  tasks.run('feed_lanes', FEED_PAUSES, createLaneFeeder({ pool, queue, shares, logger, metrics }));
}

/** Runs the tasks that are woken when there is work for them. Returns a function that looks for work. */
function runWorkFinder(
  { tasks, pools, redis, acceptor, logger, metrics, email }: TaskContext,
  mailSender: MailSender | null,
): () => void {
  const { pool, bulkPool, payloadKeys, quarantine } = pools;
  const { queue, shares } = redis;
  const publishOperationalEvents = createOperationalEventPublisher({
    pool,
    acceptor,
    logger,
    metrics,
    operatorEmails: email?.operatorEmails ?? null,
  });
  const wakeUps = {
    drops: tasks.run('drop_pending', DROP_PENDING_PAUSES, createPendingDropper({ pool: bulkPool, metrics })),
    erasures: tasks.run(
      'erase',
      ERASE_PAUSES,
      createEraser({
        pool: bulkPool,
        payloadKeys,
        queue,
        redis: redis.erasures,
        quarantine,
        logger,
        metrics,
      }),
    ),
    replays: tasks.run('replay', REPLAY_PAUSES, createReplayer({ pool, queue, shares, logger })),
    auditEntries: tasks.run('chain_audit', AUDIT_PAUSES, createAuditChainer(bulkPool, logger)),
    operationalEvents: tasks.run(
      'publish_operational_events',
      OPERATIONAL_EVENTS_PAUSES,
      publishOperationalEvents,
    ),
    ...(mailSender && { emails: tasks.run('send_email', EMAIL_PAUSES, mailSender.run) }),
  };
  return tasks.run('find_work', FIND_WORK_PAUSES, createWorkFinder({ pool, wakeUps }));
}

/** Runs the tasks that suspend webhooks, and keep them suspended. */
function runSuspension(
  { tasks, pools, redis: { fences }, logger, metrics }: TaskContext,
  { maxOrderedBacklog: maxBacklog }: ProducerConfig,
): void {
  const autoSuspend = createAutoSuspend({ pool: pools.bulkPool, logger, metrics, now });
  tasks.run('auto_suspend', AUTO_SUSPEND_INTERVAL_MS, autoSuspend);
  const limitBacklogs = createBacklogLimit({ pool: pools.bulkPool, logger, metrics, maxBacklog });
  tasks.run('limit_backlogs', BACKLOG_LIMIT_INTERVAL_MS, limitBacklogs);
  const keepFences = createFenceKeeper({ pool: pools.pool, fences, logger, dropped: metrics.dropped });
  tasks.run('keep_fences', FENCES_INTERVAL_MS, keepFences);
}

/** Runs the task that aggregates the statistics and evaluates the health of webhooks. Returns a function that wakes it. */
function runStatistics({ tasks, pools: { bulkPool }, redis: { store }, logger }: TaskContext): () => void {
  const onAggregated = createHealthEvaluator({
    pool: bulkPool,
    store,
    onError: (error) => logger.warn('throttled webhooks not evaluated', { error }),
  });
  const aggregateStats = createStatsAggregator({ pool: bulkPool, onAggregated });
  return tasks.run('aggregate_stats', STATS_PAUSES, aggregateStats);
}

/** Reports regularly that this process seals with the payload key. */
function runKeyReports({ tasks, pools: { payloadKeys }, email }: TaskContext): void {
  if (payloadKeys.encrypts || email)
    tasks.run('register_payload_keys', KEY_REPORT_INTERVAL_MS, () => payloadKeys.register());
}

function runMaintenance({ tasks, pools, logger, metrics }: TaskContext, config: ProducerConfig): void {
  const retention = {
    recordDays: config.retentionDays,
    payloadDays: config.payloadRetentionDays,
    auditDays: config.auditRetentionDays,
  };
  const pool = pools.bulkPool;
  tasks.run('count_usage', USAGE_INTERVAL_MS, createUsageCounter({ pool }));
  tasks.run('delete_payloads', DELETE_PAYLOADS_PAUSES, createPayloadCleaner(pool));
  tasks.run('maintenance', MAINTENANCE_INTERVAL_MS, async () =>
    maintain({ pool, logger, metrics, retention }, await readClocks(pool)),
  );
}
