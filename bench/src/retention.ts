import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { dropExpiredPartitions, dropExpiredPayloads } from '@posthorn/database/retention';
import { createAcceptor } from '@posthorn/fanout';
import { type Bench, resetData } from './bench.js';
import { fillHistory, fillPayloads } from './history.js';
import { eventData } from './payload.js';
import { quantile, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { createOneWebhook } from './webhook.js';

const ROWS = 10_000_000;
const FIRST_DAY = '2020-01-01';
const EXPIRED_DAYS = 10;
const FIRST_KEPT_DAY = '2020-01-11';
/** The last of the empty partitions, as many as by default. */
const LAST_KEPT_DAY = '2020-03-10';

const WARMUP_MS = 1000;

/** The share of each table in the rows. */
const SHARES = { event: 0.3, settled_delivery: 0.7 };

/** Drops past days with 10,000,000 rows while events are accepted and a webhook's history is read. */
export const retention: Scenario = async (bench, options) => {
  const { pool } = bench.database;
  const count = options.count ?? ROWS;
  await resetData(bench);
  const webhookId = await createOneWebhook(bench);
  await fill(pool, webhookId, count);
  if (bench.payloadDays !== null)
    await fillPayloads(pool, { from: new Date(FIRST_DAY), days: EXPIRED_DAYS, rows: count * SHARES.event });
  console.log(`filled: ${count} rows in ${3 * EXPIRED_DAYS} partitions`);

  const quiet = await underLoad({ bench, webhookId }, () => sleep(options.seconds * 1000));
  let dropMs = 0;
  const during = await underLoad({ bench, webhookId }, async () => {
    const startedMs = performance.now();
    const { dropped, needed, timedOut } = await dropExpiredPartitions(pool, {
      record: FIRST_KEPT_DAY,
      payload: FIRST_KEPT_DAY,
      today: FIRST_KEPT_DAY,
      counted: FIRST_KEPT_DAY,
    });
    const payloads = await dropExpiredPayloads(pool, FIRST_KEPT_DAY);
    dropMs = performance.now() - startedMs;
    if (payloads.timedOut !== null) throw new Error(`The payloads of ${payloads.timedOut} were not dropped`);
    if (needed.length > 0 || timedOut !== null || dropped.settled_delivery !== EXPIRED_DAYS)
      throw new Error(`Not everything was dropped: ${JSON.stringify({ dropped, needed, timedOut })}`);
  });
  return {
    figures: [
      { name: 'seconds to drop', value: rounded(dropMs / 1000), better: 'lower', threshold: 5, target: 2 },
      {
        name: 'longest accept in ms',
        value: during.acceptMaxMs,
        better: 'lower',
        threshold: 500,
        target: 200,
      },
      { name: 'longest read in ms', value: during.readMaxMs, better: 'lower', threshold: 500, target: 200 },
    ],
    summary: { rows: count, quietAcceptMaxMs: quiet.acceptMaxMs, quietReadMaxMs: quiet.readMaxMs },
    rounds: [{ quiet, during }],
  };
};

async function fill(pool: Pool, webhookId: string, count: number): Promise<void> {
  await pool.query('SELECT posthorn_create_partitions($1, $2)', [FIRST_DAY, LAST_KEPT_DAY]);
  await fillHistory(pool, {
    webhookId,
    from: new Date(FIRST_DAY),
    days: EXPIRED_DAYS,
    rows: {
      event: Math.round(count * SHARES.event),
      settled_delivery: Math.round(count * SHARES.settled_delivery),
    },
  });
}

interface Waits {
  accepts: number;
  acceptP99Ms: number;
  acceptMaxMs: number;
  reads: number;
  readP99Ms: number;
  readMaxMs: number;
}

/** Measures the duration of consecutive accepts and reads during `work`. */
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
    dataText: null,
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
  await acceptor.stop();
  return {
    accepts: accepts.length,
    acceptP99Ms: rounded(quantile(accepts, 0.99)),
    acceptMaxMs: rounded(quantile(accepts, 1)),
    reads: reads.length,
    readP99Ms: rounded(quantile(reads, 0.99)),
    readMaxMs: rounded(quantile(reads, 1)),
  };
}

/** A page of a webhook's history: reads each day until the page is full. */
const HISTORY = `
SELECT d.id, e.type FROM delivery d LEFT JOIN event e ON e.id = d.event_id
WHERE d.webhook_id = $1 ORDER BY d.id DESC LIMIT 50`;
