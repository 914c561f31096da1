// A producer is cut off in the middle of each task that usually one producer runs at a time. Another one takes over, and when the first
// one continues, nothing is done twice.
import { expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import { connect, type Pool } from '@posthorn/database/connection';
import { readClocks } from '@posthorn/database/server';
import { addPendingRows, addWebhook, type WebhookRow } from '@posthorn/database/fixtures';
import { createAcceptor } from '@posthorn/fanout';
import { createLogger, Registry } from '@posthorn/runtime';
import { eventually, startCuttableProxy } from '@posthorn/testkit';
import { createAutoSuspend } from '../src/suspension/auto-suspend.js';
import { maintain } from '../src/retention/maintenance.js';
import { createOperationalEventPublisher } from '../src/notifications/operational-event-publisher.js';
import { createPendingDropper } from '../src/suspension/pending-dropper.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { createStatsAggregator } from '../src/statistics/stats-aggregator.js';
import { createUsageCounter } from '../src/statistics/usage-counter.js';
import { useDatabase } from './fixtures/use-database.js';
import { useQueue } from './fixtures/use-queue.js';

const database = useDatabase();
const redis = useQueue();
const metrics = producerMetrics(new Registry());
const logger = createLogger({ service: 'test', level: 'error' });
for (const transport of logger.transports) transport.silent = true;
const now = () => new Date();

interface LeasedTask {
  task: string;
  /** The statement that is run, but whose response does not arrive. */
  cutAt: string;
  create: (pool: Pool) => () => Promise<unknown>;
  /** Creates work for it. */
  prepare: () => Promise<void>;
  /** What the task has to change, and after it. */
  outcome: string;
  expected: Record<string, unknown>[];
}

const ago = (ms: number) => new Date(Date.now() - ms);
const DAY_MS = 86_400_000;

/** Adds a webhook that has been failing for three days. */
const addFailing = (row: WebhookRow = {}): Promise<string> =>
  addWebhook(database.pool, {
    epoch: 1,
    activeSince: ago(3 * DAY_MS),
    columns: { created_at: ago(60_000), failing_since: ago(3 * DAY_MS), auto_suspend_after_days: 2 },
    patterns: [],
    ...row,
  });

const TASKS: LeasedTask[] = [
  {
    task: 'publish_operational_events',
    cutAt: 'DELETE FROM operational_event',
    create: (pool) => {
      const acceptor = createAcceptor({ pool, deliveries: redis.queue, onEnqueueError: () => {} });
      return createOperationalEventPublisher({
        pool,
        acceptor,
        logger,
        metrics,
        operatorEmails: ['o@example.org'],
      });
    },
    async prepare() {
      const subscriber = await addFailing({ patterns: ['posthorn.*'] });
      await database.pool.query(
        `INSERT INTO operational_event (id, tenant_id, type, data) VALUES ($1, $2, 'posthorn.webhook.suspended', $3)`,
        [newId(), DEFAULT_TENANT_ID, { webhookId: subscriber, reason: 'failing' }],
      );
    },
    outcome: `SELECT (SELECT count(*)::int FROM operational_event) AS pending, (SELECT count(*)::int FROM event) AS events,
      (SELECT count(*)::int FROM delivery) AS deliveries, (SELECT count(*)::int FROM notice) AS notices`,
    expected: [{ pending: 0, events: 1, deliveries: 1, notices: 1 }],
  },
  {
    task: 'aggregate_stats',
    cutAt: 'INSERT INTO webhook_minute_stats',
    create: (pool) => createStatsAggregator({ pool, now, onAggregated: () => Promise.resolve() }),
    async prepare() {
      await database.pool.query(
        `INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before,
           attempt_id, started_at, duration_ms, response_status)
         VALUES ($1, $1, $2, $3, now(), 'succeeded', 0, 1, false, $2, now(), 5, 200)`,
        [newId(), newId(), DEFAULT_TENANT_ID],
      );
    },
    outcome: 'SELECT attempts, succeeded FROM webhook_minute_stats',
    expected: [{ attempts: 1, succeeded: 1 }],
  },
  ...['SET counted_until', 'DELETE FROM usage_late'].map((cutAt) => ({
    task: `count_usage (${cutAt})`,
    cutAt,
    create: (pool: Pool) => createUsageCounter({ pool }),
    async prepare() {
      await database.pool.query('TRUNCATE usage_day, usage_late, event');
      await database.pool.query(
        `UPDATE usage_progress SET counted_until = date_trunc('minute', now()) - interval '9 minutes'`,
      );
      await database.pool.query(
        `INSERT INTO event (id, tenant_id, published_at, type, body)
         SELECT posthorn_uuid_floor(now() - interval '5 minutes'), $1, now(), 'a', '12345'`,
        [DEFAULT_TENANT_ID],
      );
      await database.pool.query(
        `INSERT INTO usage_late SELECT posthorn_uuid_floor(now() - interval '2 days'), $1, current_date, 1, 0, 0, 5`,
        [DEFAULT_TENANT_ID],
      );
    },
    outcome: `SELECT sum(events)::int AS events, sum(bytes)::int AS bytes, (SELECT count(*)::int FROM usage_late) AS late FROM usage_day`,
    expected: [{ events: 2, bytes: 10, late: 0 }],
  })),
  {
    task: 'auto_suspend',
    cutAt: 'posthorn.webhook.suspended',
    create: (pool) => createAutoSuspend({ pool, logger, metrics, now }),
    async prepare() {
      const id = await addFailing();
      await database.pool.query(
        `INSERT INTO webhook_minute_stats (minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, trailing_failures,
           latency_buckets, latency_counts)
         SELECT date_trunc('minute', now()) - days * interval '1 d', $1, $2, 1, 0, 0, 0, 1, '{}', '{}' FROM unnest('{0,1,2,3}'::int[]) AS days`,
        [id, DEFAULT_TENANT_ID],
      );
    },
    outcome: `SELECT status::text, epoch, (SELECT count(*)::int FROM operational_event) AS events FROM webhook`,
    expected: [{ status: 'suspended', epoch: 2, events: 1 }],
  },
  {
    task: 'drop_pending',
    cutAt: 'FOR UPDATE OF d SKIP LOCKED',
    create: (pool) => createPendingDropper({ pool, metrics }),
    async prepare() {
      const row = { webhookId: await addFailing({ status: 'suspended' }), epoch: 0 };
      await addPendingRows(
        database.pool,
        Array.from({ length: 10 }, () => row),
      );
    },
    outcome: `SELECT status::text, count(*)::int, (SELECT dropped_epoch FROM webhook) FROM delivery GROUP BY 1`,
    expected: [{ status: 'dropped', count: 10, dropped_epoch: 1 }],
  },
  {
    task: 'maintenance',
    cutAt: 'posthorn_create_partitions',
    create: (pool) => async () =>
      maintain(
        { pool, logger, metrics, retention: { recordDays: 60, payloadDays: 30, auditDays: 90 } },
        await readClocks(pool),
      ),
    prepare: async () => {
      await database.pool.query(
        `UPDATE event_idempotency_generation SET started_at = now() - interval '8 days'`,
      );
    },
    outcome: `SELECT number, started_at > now() - interval '1 h' AS rotated FROM event_idempotency_generation`,
    expected: [{ number: 1, rotated: true }],
  },
];

/** The statement that acquires the lease: nothing is done yet. */
const ACQUIRE = 'INSERT INTO task_lease';

const CUTS = TASKS.flatMap((task) => [
  { ...task, when: 'before its first step', cutAt: ACQUIRE },
  { ...task, when: 'during a step' },
]);

it.each(CUTS)(
  '$task, cut off $when, continues in another producer, and nothing is done twice',
  async (leased) => {
    const { cutAt, create, prepare, outcome, expected } = leased;
    const url = database.pool.options.connectionString ?? '';
    const proxy = await startCuttableProxy(url);
    const frozen = connect({ url: proxy.url, applicationName: 'frozen producer' });
    try {
      await prepare();
      const stalled = proxy.stallAfter(cutAt);
      const run = create(frozen.pool)();
      const connection = await stalled;
      proxy.cut();

      const takeOver = create(database.pool);
      const reached = async () => expect((await database.pool.query(outcome)).rows).toEqual(expected);
      await eventually(async () => {
        await takeOver();
        await reached();
      });
      proxy.heal();
      connection.resume();
      await run.catch((error: unknown) => expect(String(error)).toMatch(/lease of the task/));
      await reached();
    } finally {
      await frozen.stop();
      await proxy.close();
    }
  },
);
