import { newId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { DELIVERIES, perSecond } from './against-bare.js';
import { type Bench, resetData } from './bench.js';
import { e2eRedis } from './e2e-redis.js';
import { fillHistory } from './history.js';
import { medianOf, rounded } from './quantiles.js';
import type { Scenario } from './result.js';
import { createActiveWebhooks, createOneWebhook } from './webhook.js';

/** Deliveries of the deleted tenant. */
const ROWS = 1_000_000;
const DAYS = 10;
const DAY_MS = 86_400_000;
/** Deliveries per event. */
const FAN_OUT = 5;

/** e2e-redis while the data of a deleted tenant is purged, compared with the same run before the purge. `--count`: its deliveries. */
export const purge: Scenario = async (bench, { rounds, count: wanted }) => {
  const { pool } = bench.database;
  const rows = wanted ?? ROWS;
  const events = Math.min(DELIVERIES, rows);
  const measured = [];
  for (let round = 1; round <= rounds; round += 1) {
    await resetData(bench);
    await pool.query('DELETE FROM erasure');
    await createOneWebhook(bench);
    const tenantId = await createDeletedTenant(bench, rows);
    const quiet = perSecond(await e2eRedis(bench, events), events);
    await pool.query('UPDATE tenant SET purge_at = now() WHERE id = $1', [tenantId]);
    const during = perSecond(await e2eRedis(bench, events), events);
    const purged = rows - (await countRows(pool, tenantId));
    const ratio = rounded(during / quiet);
    console.log(
      `round ${round}: quiet ${quiet.toFixed(0)}/s, purge ${during.toFixed(0)}/s, ratio ${ratio}, ${purged} of ${rows} deliveries purged`,
    );
    // Otherwise the figure would be that of a run without a purge.
    if (purged === 0) throw new Error('Nothing was purged during the run');
    measured.push({ quiet, during, ratio, purged });
  }
  return {
    figures: [
      {
        name: 'during a purge ÷ without',
        value: medianOf(measured, (round) => round.ratio),
        better: 'higher',
        threshold: 0.9,
        target: 0.95,
      },
    ],
    summary: {
      rows,
      events,
      quietPerSecond: Math.round(medianOf(measured, (round) => round.quiet)),
      duringPerSecond: Math.round(medianOf(measured, (round) => round.during)),
      purged: Math.round(medianOf(measured, (round) => round.purged)),
    },
    rounds: measured,
  };
};

/** Creates a tenant that was deleted an hour ago, with settled deliveries of the last days, and whose purge is not due yet. Its usage is counted. */
async function createDeletedTenant(bench: Bench, rows: number): Promise<string> {
  const { pool } = bench.database;
  const tenantId = newId();
  await pool.query(`DELETE FROM tenant WHERE status = 'deleted'`);
  await pool.query(
    `INSERT INTO tenant (id, name, status, deleted_at, purge_at)
     VALUES ($1, 'deleted', 'deleted', now() - interval '1 hour', now() + interval '1 day')`,
    [tenantId],
  );
  await pool.query(
    `UPDATE usage_progress SET counted_until = date_trunc('minute', now() - interval '5 minutes')`,
  );
  const webhook = { url: bench.receiverUrl, pattern: '*' };
  const [webhookId = ''] = await createActiveWebhooks(bench, [webhook], tenantId);
  const from = new Date(Date.now() - (DAYS + 1) * DAY_MS);
  await pool.query('SELECT posthorn_create_partitions($1, $2)', [from, new Date()]);
  await fillHistory(pool, {
    webhookId,
    tenantId,
    from,
    days: DAYS,
    rows: { event: Math.ceil(rows / FAN_OUT), settled_delivery: rows },
  });
  return tenantId;
}

async function countRows(pool: Pool, tenantId: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM settled_delivery WHERE tenant_id = $1',
    [tenantId],
  );
  return rows[0]?.count ?? 0;
}
