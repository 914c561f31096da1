import { describe, expect, it } from '@jest/globals';
import { chainAuditEntries } from '@posthorn/database/audit';
import { expireNotices } from '@posthorn/database/notifications';
import {
  confirmClockDifference,
  MAX_CLOCK_DIFFERENCE_MS,
  readClockDifference,
  readClocks,
} from '@posthorn/database/server';
import { createLogger, Registry } from '@posthorn/runtime';
import { maintain } from '../src/retention/maintenance.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

const DAY_MS = 86_400_000;
const RETENTION = { recordDays: 30, payloadDays: null, auditDays: 30 };

const query = (sql: string) => database.pool.query(sql);

/** Runs the maintenance of a producer whose clock is wrong. Returns its log messages and the difference that it measured, in days. */
async function runMaintenance(offsetMs: number): Promise<{ messages: unknown[]; differenceDays: number }> {
  const messages: unknown[] = [];
  const logger = createLogger({ service: 'test', level: 'info' });
  for (const transport of logger.transports) transport.silent = true;
  logger.on('data', ({ message }: { message: string }) => messages.push(message));
  const registry = new Registry();
  const metrics = producerMetrics(registry);
  const clocks = await readClocks(database.pool, () => Date.now() + offsetMs);
  await maintain({ pool: database.pool, logger, metrics, retention: RETENTION }, clocks);
  const gauge = await registry.getSingleMetric('posthorn_clock_difference_seconds')?.get();
  return { messages, differenceDays: Math.round((gauge?.values[0]?.value ?? Number.NaN) / 86_400) };
}

/** Runs the maintenance until nothing is left for later: while the machine pauses, the check of a partition times out. */
async function settle(offsetMs: number): Promise<void> {
  for (;;) {
    const { messages } = await runMaintenance(offsetMs);
    expect(messages).not.toContainEqual(NOTHING_DROPPED);
    if (!messages.some((message) => String(message).endsWith('later'))) return;
  }
}

const AHEAD_MS = 40 * DAY_MS;
const NOTHING_DROPPED = expect.stringMatching(/^nothing is dropped: .* `posthorn maintenance confirm`$/);

/**
 * Inserts data of 20 and of 50 days ago, and idempotency keys. A shorter history is kept for 10 days. Tomorrow has no partitions, nor has
 * the day before yesterday, which was yesterday for the template if a day has just ended.
 */
async function fill(): Promise<void> {
  await query(
    `SELECT posthorn_use_history_days(10, today - 1, today + 7) FROM (SELECT (now() AT TIME ZONE 'UTC')::date) AS utc (today)`,
  );
  for (const days of [20, 50]) {
    const day = `(now() AT TIME ZONE 'UTC')::date - ${days}`;
    await query(`SELECT posthorn_create_partitions(${day}, ${day})`);
    await query(`INSERT INTO audit_entry (id, actor_name, action, target)
      VALUES (posthorn_uuid_floor(now() - interval '${days} days'), 'system', 'webhook.suspended', '${days}')`);
    await query(`INSERT INTO webhook_minute_stats (minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, trailing_failures, latency_buckets, latency_counts)
      SELECT now() - interval '${days} days', posthorn_uuidv7(), posthorn_uuidv7(), 1, 1, 0, 0, 0, '{}', '{}'`);
  }
  await chainAuditEntries(database.pool);
  for (const days of [5, -20])
    await query(`SELECT posthorn_create_partition('event_payload', 'expires_on', day, day::text, (day + 1)::text)
      FROM (SELECT (now() AT TIME ZONE 'UTC')::date - ${days}) AS utc (day)`);
  await query(`INSERT INTO event_idempotency (tenant_id, key, event_id, generation)
    SELECT posthorn_uuidv7(), 'k', posthorn_uuidv7(), 1 - number FROM event_idempotency_generation`);
  await query(`UPDATE event_idempotency_generation SET started_at = now() - interval '8 days'`);
  await query(`INSERT INTO request_idempotency (api_key_id, key, fingerprint, locked_until, created_at)
    VALUES (posthorn_uuidv7(), 'k', '', now(), now() - interval '25 hours')`);
  for (const table of ['event', 'event_search_value', 'settled_delivery', 'earlier_attempt'])
    for (const days of [1, -2])
      await query(`DO $$ BEGIN
        EXECUTE format('DROP TABLE IF EXISTS %I', '${table}_' || to_char((now() AT TIME ZONE 'UTC')::date + ${days}, 'YYYYMMDD'));
      END $$`);
}

const ageOf = (name: string) => `(now() AT TIME ZONE 'UTC')::date - to_date(right(${name}, 8), 'YYYYMMDD')`;

/** Returns the ages in days of the daily partitions and of other rows that expire. */
async function content() {
  const { rows } = await query(`SELECT
    (SELECT array_agg(DISTINCT ${ageOf('relname')} ORDER BY ${ageOf('relname')})
      FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '^event_\\d{8}$') AS days,
    (SELECT array_agg(${ageOf('relname')} ORDER BY ${ageOf('relname')})
      FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '^settled_delivery_class_1_\\d{8}$') AS history,
    (SELECT array_agg(${ageOf('relname')} ORDER BY ${ageOf('relname')})
      FROM pg_class WHERE relispartition AND relkind = 'r' AND relname ~ '^event_payload_\\d{8}$') AS payloads,
    (SELECT array_agg(target ORDER BY target) FROM audit_entry WHERE action <> 'maintenance.confirmed') AS audit,
    (SELECT array_agg(round(extract(epoch FROM now() - minute) / 86400)::int ORDER BY minute DESC) FROM webhook_minute_stats) AS stats,
    (SELECT count(*)::int FROM event_idempotency) AS "eventKeys",
    (SELECT count(*)::int FROM request_idempotency) AS "requestKeys"`);
  return rows[0];
}

/** The partitions of yesterday to seven days from now. */
const UPCOMING = [-7, -6, -5, -4, -3, -2, -1, 0, 1];

const EVERYTHING = {
  days: [...UPCOMING, 20, 50],
  history: [...UPCOMING, 20, 50],
  payloads: [-20, 5],
  audit: ['20', '50'],
  stats: [20, 50],
  eventKeys: 1,
  requestKeys: 1,
};

const WITHOUT_EXPIRED = {
  days: [...UPCOMING, 20],
  history: UPCOMING,
  payloads: [-20],
  audit: ['20'],
  stats: [20],
  eventKeys: 0,
  requestKeys: 0,
};

describe('the maintenance of a producer whose clock is 40 days ahead', () => {
  it('drops nothing, and creates the partitions of the days of PostgreSQL', async () => {
    await fill();
    const { messages, differenceDays } = await runMaintenance(AHEAD_MS);
    expect(messages).toEqual([NOTHING_DROPPED, 'partitions created']);
    expect(differenceDays).toBe(-40);
    expect(await content()).toEqual(EVERYTHING);
    expect(await readClockDifference(database.pool)).toMatchObject({ confirmed: false });
  });

  it('drops what has expired by both clocks after a confirmation', async () => {
    await fill();
    await runMaintenance(AHEAD_MS);
    expect(await confirmClockDifference(database.pool)).toBe(true);
    await settle(AHEAD_MS);
    expect(await content()).toEqual(WITHOUT_EXPIRED);
  });
});

describe('the maintenance while the clock of PostgreSQL is 40 days ahead', () => {
  it('drops nothing', async () => {
    await fill();
    expect((await runMaintenance(-AHEAD_MS)).messages).toEqual([NOTHING_DROPPED, 'partitions created']);
    expect(await content()).toEqual(EVERYTHING);
  });

  it('drops only what has expired by the clock of the producer too after a confirmation', async () => {
    await fill();
    await runMaintenance(-AHEAD_MS);
    await confirmClockDifference(database.pool);
    expect((await runMaintenance(-AHEAD_MS)).messages).toEqual([]);
    expect(await content()).toEqual(EVERYTHING);
  });
});

describe('the maintenance while the clocks agree to the hour', () => {
  it.each([0, 59, -59])(
    'drops after a downtime without a confirmation, if they differ by %d minutes',
    async (minutes) => {
      await fill();
      await settle(minutes * 60_000);
      expect(await content()).toEqual(WITHOUT_EXPIRED);
    },
  );
});

describe('a notice that could not be sent', () => {
  it('is kept until it has expired by both clocks', async () => {
    await query(`INSERT INTO notice (tenant_id, address, webhook_id, type, owner_id, data, occurred_at, created_at)
      SELECT id, 'a@b.example', id, 't', id, '{}', now(), now() - interval '4 days' FROM tenant WHERE name = 'default'`);
    expect(await expireNotices(database.pool, new Date(Date.now() - AHEAD_MS))).toBe(0);
    expect(await expireNotices(database.pool, new Date())).toBe(1);
  });
});

describe('a confirmation', () => {
  it('is valid for one difference', async () => {
    await runMaintenance(AHEAD_MS);
    await confirmClockDifference(database.pool);
    const almost = AHEAD_MS + MAX_CLOCK_DIFFERENCE_MS - 60_000;
    expect((await runMaintenance(almost)).messages).not.toContainEqual(NOTHING_DROPPED);
    expect((await runMaintenance(AHEAD_MS + 2 * MAX_CLOCK_DIFFERENCE_MS)).messages).toEqual([
      NOTHING_DROPPED,
    ]);
    expect((await runMaintenance(AHEAD_MS)).messages).toEqual([NOTHING_DROPPED]);
  });

  it('ends when the clocks agree', async () => {
    await runMaintenance(AHEAD_MS);
    await confirmClockDifference(database.pool);
    await runMaintenance(0);
    expect(await readClockDifference(database.pool)).toBeNull();
    expect((await runMaintenance(AHEAD_MS)).messages).toEqual([NOTHING_DROPPED]);
  });

  it('is recorded in the audit log once', async () => {
    expect(await confirmClockDifference(database.pool)).toBe(false);
    await runMaintenance(AHEAD_MS);
    expect(await confirmClockDifference(database.pool)).toBe(true);
    expect(await confirmClockDifference(database.pool)).toBe(false);
    const { rows } = await query(
      `SELECT actor_name, target, after FROM audit_entry WHERE action = 'maintenance.confirmed'`,
    );
    expect(rows).toEqual([
      {
        actor_name: 'operator',
        target: 'clock_difference',
        after: { clockDifferenceMs: expect.any(Number) },
      },
    ]);
    expect(rows[0].after.clockDifferenceMs / DAY_MS).toBeCloseTo(-40, 1);
  });
});
