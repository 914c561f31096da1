import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { dropExpiredPartitions, type Pool } from '@posthorn/database';
import { createAcceptor } from '@posthorn/fanout';
import { type Bench, forgetEverything } from './bench.js';
import { eventData } from './payload.js';
import { quantile, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { createOneWebhook } from './webhook.js';

const ROWS = 10_000_000;
const FIRST_DAY = '2020-01-01';
const EXPIRED_DAYS = 10;
const FIRST_KEPT_DAY = '2020-01-11';
/** Empty ones, as many as there are by default. */
const LAST_KEPT_DAY = '2020-03-10';

const WARMUP_MS = 1000;

/** What a row of each table is made of, and its share of the rows: a delivery has about one attempt. */
const TABLES = {
  event: {
    share: 0.2,
    columns: '(id, tenant_id, published_at, type, body)',
    values: `id, tenant_id, moment, 'order.paid', repeat('x', 500)`,
  },
  delivery: {
    share: 0.4,
    columns: '(id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count)',
    values: `id, id, webhook_id, tenant_id, moment, 'succeeded', 0, 1`,
  },
  attempt: {
    share: 0.4,
    columns: '(id, delivery_id, started_at, duration_ms, number, response_status, response_body)',
    values: `id, id, moment, 12, 1, 200, 'ok'`,
  },
} as const;

/** Past days with 10,000,000 rows are dropped while events are accepted and a webhook's history is read. */
export const retention: Scenario = async (bench, options) => {
  const { pool } = bench.database;
  const count = options.count ?? ROWS;
  await forgetEverything(bench);
  const webhookId = await createOneWebhook(bench);
  await fill(pool, webhookId, count);
  console.log(`filled: ${count} rows in ${3 * EXPIRED_DAYS} partitions`);

  const quiet = await underLoad({ bench, webhookId }, () => sleep(options.seconds * 1000));
  let dropMs = 0;
  const during = await underLoad({ bench, webhookId }, async () => {
    const startedMs = performance.now();
    const { dropped, needed, busy } = await dropExpiredPartitions(pool, {
      record: FIRST_KEPT_DAY,
      payload: FIRST_KEPT_DAY,
    });
    dropMs = performance.now() - startedMs;
    if (needed.length > 0 || busy !== null || dropped.delivery !== EXPIRED_DAYS)
      throw new Error(`not everything was dropped: ${JSON.stringify({ dropped, needed, busy })}`);
  });
  return {
    figures: [
      { name: 'seconds to drop', value: rounded(dropMs / 1000), better: 'lower', must: 5, aim: 2 },
      { name: 'longest accept in ms', value: during.acceptMaxMs, better: 'lower', must: 500, aim: 200 },
      { name: 'longest read in ms', value: during.readMaxMs, better: 'lower', must: 500, aim: 200 },
    ],
    summary: { rows: count, quietAcceptMaxMs: quiet.acceptMaxMs, quietReadMaxMs: quiet.readMaxMs },
    rounds: [{ quiet, during }],
  };
};

/** With ids of moments spread over the days. */
async function fill(pool: Pool, webhookId: string, count: number): Promise<void> {
  await pool.query('SELECT posthorn_create_partitions($1, $2)', [FIRST_DAY, LAST_KEPT_DAY]);
  for (const [table, { share, columns, values }] of Object.entries(TABLES)) {
    const rows = Math.round(count * share);
    await pool.query(
      `INSERT INTO ${table} ${columns}
       SELECT ${values} FROM (
         SELECT overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor(moment)::text, 13) FROM 1)::uuid AS id,
           moment, webhook_id, tenant_id
         FROM (
           SELECT $1::timestamptz + n * interval '${EXPIRED_DAYS} days' / ${rows + 1} AS moment,
             $2::uuid AS webhook_id, $3::uuid AS tenant_id
           FROM generate_series(1, ${rows}) AS n
         ) AS moments
       ) AS made`,
      [`${FIRST_DAY}T00:00:00Z`, webhookId, DEFAULT_TENANT_ID],
    );
  }
  await pool.query('ANALYZE');
}

interface Waits {
  accepts: number;
  acceptP99Ms: number;
  acceptMaxMs: number;
  reads: number;
  readP99Ms: number;
  readMaxMs: number;
}

/** How long each accept and each read took, one after the other, while `work` was under way. */
async function underLoad(
  { bench, webhookId }: { bench: Bench; webhookId: string },
  work: () => Promise<unknown>,
): Promise<Waits> {
  const { pool } = bench.database;
  const acceptor = createAcceptor({
    pool,
    deliveries: { enqueue: () => Promise.resolve(), fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
  });
  const event = {
    tenantId: DEFAULT_TENANT_ID,
    type: 'order.paid',
    data: eventData(),
    occurredAt: null,
    idempotencyKey: null,
    pushed: null,
  };
  const end = new AbortController();
  const repeated = async (once: () => Promise<unknown>): Promise<number[]> => {
    const tookMs: number[] = [];
    while (!end.signal.aborted) {
      const startedMs = performance.now();
      await once();
      tookMs.push(performance.now() - startedMs);
    }
    return tookMs;
  };
  const accepting = repeated(() => acceptor.accept(event));
  const reading = repeated(() => pool.query(HISTORY, [webhookId]));
  await sleep(WARMUP_MS);
  await work();
  end.abort();
  const [accepts, reads] = await Promise.all([accepting, reading]);
  await acceptor.close();
  return {
    accepts: accepts.length,
    acceptP99Ms: rounded(quantile(accepts, 0.99)),
    acceptMaxMs: rounded(quantile(accepts, 1)),
    reads: reads.length,
    readP99Ms: rounded(quantile(reads, 0.99)),
    readMaxMs: rounded(quantile(reads, 1)),
  };
}

/** A page of what a webhook got: looks into every day until the page is full. */
const HISTORY = `
SELECT d.id, e.type FROM delivery d LEFT JOIN event e ON e.id = d.event_id
WHERE d.webhook_id = $1 ORDER BY d.id DESC LIMIT 50`;
