import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, LIVE_CHAIN, newId } from '@posthorn/core';
import { createLogger, Registry } from '@posthorn/runtime';
import { createBacklogLimit } from '../src/suspension/backlog-limit.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase({ forAll: true });
const MAX = 5;

const run = () =>
  createBacklogLimit({
    pool: database.pool,
    logger: createLogger({ service: 'test', level: 'error' }),
    metrics: producerMetrics(new Registry()),
    maxBacklog: MAX,
  })();

interface Backlog {
  ordering?: string;
  status?: string;
  count?: number;
  chain?: string | null;
  /** The deliveries of earlier epochs are not dropped yet. */
  isDropping?: boolean;
}

async function addWebhook(backlog: Backlog): Promise<string> {
  const { ordering = 'byKey', status = 'active', count = MAX + 1, chain = LIVE_CHAIN } = backlog;
  const id = newId();
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, ordering, epoch, dropped_epoch)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 1000, $3, now(), $4, 2, $5)`,
    [id, DEFAULT_TENANT_ID, status, ordering, backlog.isDropping ? 0 : 2],
  );
  await database.pool.query(
    `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, sequence, ordering_key, chain)
     SELECT posthorn_uuidv7(), $1, $1, $2, now(), 2, n, n::text, $3 FROM generate_series(1, $4) AS n`,
    [id, DEFAULT_TENANT_ID, chain, count],
  );
  await database.pool.query(
    'INSERT INTO webhook_sequence (webhook_id, last, history) VALUES ($1, $2, posthorn_history())',
    [id, count],
  );
  return id;
}

async function stateOf(webhookId: string) {
  const { rows } = await database.pool.query(
    `SELECT w.status, w.suspend_reason AS reason, w.suspended_by AS by,
       (SELECT count(*)::int FROM pending_delivery d WHERE d.webhook_id = w.id) AS pending,
       (SELECT array_agg(data->>'reason') FROM operational_event e WHERE e.data->>'webhookId' = w.id::text) AS events,
       (SELECT array_agg(action) FROM audit_entry a WHERE a.target = w.id::text) AS audit
     FROM webhook w WHERE w.id = $1`,
    [webhookId],
  );
  return rows[0];
}

describe('the limit of ordered backlogs', () => {
  it('suspends a webhook with more deliveries in order, and drops them', async () => {
    const id = await addWebhook({});
    await run();
    const suspended = {
      status: 'suspended',
      reason: 'ordered_backlog',
      by: 'system',
      pending: 0,
      events: ['ordered_backlog'],
      audit: ['webhook.suspended'],
    };
    expect(await stateOf(id)).toEqual(suspended);
    await run();
    expect(await stateOf(id)).toEqual(suspended);
  });

  it.each<[string, Backlog]>([
    ['has as many as allowed', { count: MAX }],
    ['has no order', { ordering: 'none' }],
    ['replays them', { chain: newId() }],
    ['has a backlog without order', { chain: null }],
    ['was suspended before, so that they are being dropped', { isDropping: true }],
  ])('leaves a webhook active that %s', async (_name, backlog) => {
    const id = await addWebhook(backlog);
    await run();
    expect(await stateOf(id)).toMatchObject({ status: 'active', pending: backlog.count ?? MAX + 1 });
  });
});
