import { describe, expect, it } from '@jest/globals';
import { withLease } from '@posthorn/database/server';
import { aggregateStats } from '@posthorn/database/statistics';
import { addPending, addSettled, addWebhook } from '@posthorn/database/fixtures';
import { createLogger, Registry } from '@posthorn/runtime';
import { createAutoSuspend } from '../src/suspension/auto-suspend.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();
const metrics = producerMetrics(new Registry());

const HOUR_MS = 3_600_000;
const START = new Date('2026-01-10T00:00:00Z');
const hour = (hours: number) => new Date(START.getTime() + hours * HOUR_MS);

/** Aggregates the statistics and runs auto-suspend the given number of hours after the start. */
async function runAt(hours: number): Promise<void> {
  await aggregateStats(database.pool, { from: START, to: hour(hours) });
  const logger = createLogger({ service: 'test', level: 'error' });
  return createAutoSuspend({ pool: database.pool, logger, metrics, now: () => hour(hours) })();
}

/** Inserts a webhook that has failed since the start, or another time, and is suspended after two days. */
const addFailing = (since = START): Promise<string> =>
  addWebhook(database.pool, {
    activeSince: since,
    columns: { failing_since: since, auto_suspend_after_days: 2 },
  });

/** Inserts a delivery with an attempt the given number of hours after the start. */
async function addAttempt(webhookId: string, hours: number, status: number): Promise<void> {
  const at = hour(hours);
  const row = { webhookId, at, attempts: [{ at, status }] };
  if (status < 300) await addSettled(database.pool, { ...row, status: 'succeeded' });
  else await addPending(database.pool, row);
}

async function stateOf(webhookId: string) {
  const { rows } = await database.pool.query(
    `SELECT status, failing_since, (SELECT array_agg(DISTINCT d.status::text) FROM delivery d WHERE webhook_id = w.id) AS deliveries
     FROM webhook w WHERE id = $1`,
    [webhookId],
  );
  return rows[0];
}

async function operationalEvents(): Promise<[type: string, webhookId: unknown][]> {
  const { rows } = await database.pool.query<{ type: string; data: Record<string, unknown> }>(
    'SELECT type, data FROM operational_event ORDER BY id',
  );
  return rows.map(({ type, data }) => [type, data['webhookId']]);
}

describe('a webhook without a success', () => {
  it('emits one warning after half of the period, and is suspended at its end', async () => {
    const id = await addFailing();
    for (const hours of [0, 12, 24.5]) await addAttempt(id, hours, 500);
    await runAt(23);
    expect(await operationalEvents()).toEqual([]);
    await runAt(25);
    await runAt(26);
    expect(await operationalEvents()).toEqual([['posthorn.webhook.failing', id]]);
    await addAttempt(id, 48.5, 503);
    await runAt(47.9);
    expect(await stateOf(id)).toMatchObject({ status: 'active' });
    await runAt(49);
    expect(await stateOf(id)).toMatchObject({ status: 'suspended', deliveries: ['dropped'] });
    await runAt(50);
    expect(await operationalEvents()).toEqual([
      ['posthorn.webhook.failing', id],
      ['posthorn.webhook.suspended', id],
    ]);
  });

  it('is not suspended while the clock of a host is ahead, by which it has been failing for days', async () => {
    const now = (Date.now() - START.getTime()) / HOUR_MS;
    const id = await addFailing(hour(now - 1));
    for (const hours of [now - 1, now + 960]) await addAttempt(id, hours, 500);
    await runAt(now + 961);
    expect(await stateOf(id)).toMatchObject({ status: 'active', deliveries: ['pending'] });
    expect(await operationalEvents()).toEqual([]);
  });

  it('is not suspended after a success, which restarts the period', async () => {
    const id = await addFailing();
    for (const hours of [0, 12, 48.5]) await addAttempt(id, hours, 500);
    await addAttempt(id, 20, 200);
    await runAt(49);
    expect(await stateOf(id)).toMatchObject({ status: 'active', failing_since: hour(48.5) });
    expect(await operationalEvents()).toEqual([]);
    await addAttempt(id, 97, 500);
    await runAt(98);
    expect(await stateOf(id)).toMatchObject({ status: 'suspended' });
  });
});

describe('auto-suspend', () => {
  it('processes each webhook separately', async () => {
    const [failing, recovered, idle] = [await addFailing(), await addFailing(), await addFailing()];
    for (const id of [failing, recovered]) {
      await addAttempt(id, 0, 500);
      await addAttempt(id, 49, 500);
    }
    await addAttempt(recovered, 48, 201);
    await addAttempt(idle, 0, 500);
    await runAt(50);
    expect(await stateOf(failing)).toMatchObject({ status: 'suspended' });
    expect(await stateOf(recovered)).toMatchObject({ status: 'active', failing_since: hour(49) });
    expect(await stateOf(idle)).toMatchObject({ status: 'active', failing_since: START });
  });

  it('runs in one producer at a time', async () => {
    const id = await addFailing();
    for (const hours of [0, 49]) await addAttempt(id, hours, 500);
    await withLease(database.pool, 'autoSuspend', () => runAt(50));
    expect(await stateOf(id)).toMatchObject({ status: 'active' });
  });
});
