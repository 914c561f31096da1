import { beforeEach, describe, expect, it } from '@jest/globals';
import { chainAuditEntries } from '@posthorn/database/audit';
import { addPending, addWebhook } from '@posthorn/database/fixtures';
import { createLogger, Registry } from '@posthorn/runtime';
import { maintain } from '../src/retention/maintenance.js';
import { producerMetrics } from '../src/metrics/producer-metrics.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();
const metrics = producerMetrics(new Registry());

const NOW = new Date('2031-03-15T12:00:00Z');
const NOW_SQL = `timestamptz '${NOW.toISOString()}'`;
const ago = (age: string): string => `${NOW_SQL} - interval '${age}'`;
const RETENTION = { recordDays: 60, payloadDays: 30, auditDays: 90 };

/** From yesterday to seven days from now. */
const UPCOMING = ['0314', '0315', '0316', '0317', '0318', '0319', '0320', '0321', '0322'];

type Line = Record<string, unknown>;

/** Runs the maintenance and returns its log lines, the error last. */
async function runMaintenance(now = NOW): Promise<Line[]> {
  const lines: Line[] = [];
  const logger = createLogger({ service: 'test', level: 'info' });
  for (const transport of logger.transports) transport.silent = true;
  logger.on('data', (line: Line) => lines.push(line));
  const clocks = { database: now, earlier: now, differenceMs: 0 };
  await maintain({ pool: database.pool, logger, metrics, retention: RETENTION }, clocks).catch(
    ({ message }: Error) => lines.push({ message }),
  );
  return lines;
}

/** Runs the maintenance until it logs nothing: while the machine pauses, the check of a partition times out. Returns all lines. */
async function settle(): Promise<Line[]> {
  await query(`UPDATE event_idempotency_generation SET started_at = ${NOW_SQL}`);
  const all: Line[] = [];
  for (let lines = await runMaintenance(); lines.length > 0; lines = await runMaintenance())
    all.push(...lines);
  return all;
}

const query = (sql: string) => database.pool.query(sql);

beforeEach(() => query(`UPDATE usage_progress SET counted_until = ${NOW_SQL}`));

async function partitions(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class
     WHERE relkind = 'r' AND relispartition AND relname ~ '_(\\d{8}|default)$' ORDER BY relname`,
  );
  return rows.map((row) => row.name);
}

describe('the hourly maintenance', () => {
  it('creates upcoming partitions and drops expired ones, payloads earlier', async () => {
    await query(`SELECT posthorn_create_partitions('2031-01-13', '2031-01-15')`);
    await query(`SELECT posthorn_create_partitions('2031-02-12', '2031-02-13')`);
    const lines = await settle();
    expect(await partitions()).toEqual([
      ...['0114', '0115', '0212', '0213', ...UPCOMING].map((day) => `earlier_attempt_2031${day}`),
      'earlier_attempt_default',
      ...['0213', ...UPCOMING].map((day) => `event_2031${day}`),
      'event_default',
      'event_payload_default',
      'event_payload_value_default',
      ...['0213', ...UPCOMING].map((day) => `event_search_value_2031${day}`),
      'event_search_value_default',
      ...['0114', '0115', '0212', '0213', ...UPCOMING].map((day) => `settled_delivery_2031${day}`),
      'settled_delivery_default',
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ message: 'partitions created', created: 36 }));
    // By then, the partitions of the template have expired, too: those of yesterday, today and tomorrow.
    const ofTemplate = 3;
    const dropped = lines.filter(({ message }) => message === 'partitions dropped');
    const countOf = (table: string) => dropped.reduce((sum, line) => sum + Number(line[table]), 0);
    expect(['event', 'event_search_value', 'settled_delivery', 'earlier_attempt'].map(countOf)).toEqual([
      ofTemplate + 4,
      ofTemplate + 4,
      ofTemplate + 1,
      ofTemplate + 1,
    ]);
  });

  it('keeps expired days until their usage is counted', async () => {
    await query(`SELECT posthorn_create_partitions('2031-01-13', '2031-01-13')`);
    await query(`UPDATE usage_progress SET counted_until = '2031-01-13T23:59:00Z'`);
    await settle();
    expect(await partitions()).toContain('event_20310113');
    await query(`UPDATE usage_progress SET counted_until = ${NOW_SQL}`);
    await settle();
    expect(await partitions()).not.toContain('event_20310113');
  });

  it('logs expired partitions that are kept for a pending delivery', async () => {
    await settle();
    await query(`SELECT posthorn_create_partitions('2031-01-13', '2031-01-13')`);
    const webhookId = await addWebhook(database.pool);
    await addPending(database.pool, { webhookId, at: new Date('2031-01-13T10:00:00Z') });
    expect(await runMaintenance()).toEqual([
      expect.objectContaining({
        level: 'info',
        message: 'expired partitions kept for pending deliveries',
        partitions: [
          'settled_delivery_20310113',
          'event_20310113',
          'event_search_value_20310113',
          'earlier_attempt_20310113',
        ],
      }),
    ]);
  });

  it('deletes expired rows from the default partitions, and logs their number', async () => {
    await settle();
    await query(`INSERT INTO earlier_attempt (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number)
      SELECT id, id, id, id, id, now(), 1, 1 FROM posthorn_uuid_floor('2031-01-13T10:00:00Z') AS id
      UNION ALL SELECT id, id, id, id, id, now(), 1, 1 FROM posthorn_uuid_floor('2031-01-14T10:00:00Z') AS id`);
    await query(`INSERT INTO rejected_event (id, source, code, message, payload)
      VALUES (posthorn_uuid_floor('2031-01-13T10:00:00Z'), 'queue', 'c', 'm', '{}')`);
    expect(await runMaintenance()).toEqual([
      expect.objectContaining({ message: 'expired rows deleted', rejected_event: 1, replay: 0 }),
      expect.objectContaining({
        message: 'expired rows of the default partitions deleted',
        earlier_attempt_default: 1,
      }),
      expect.objectContaining({ level: 'warn', tables: ['earlier_attempt'] }),
    ]);
  });

  it('deletes audit entries after their own retention period', async () => {
    await settle();
    await query(`INSERT INTO audit_entry (id, actor_name, action, target)
      SELECT posthorn_uuid_floor(at::timestamptz), 'system', 'webhook.suspended', at
      FROM unnest(ARRAY['2030-12-14T11:00:00Z', '2030-12-15T13:00:00Z', '2031-03-15T00:00:00Z']) AS at`);
    await chainAuditEntries(database.pool);
    expect(await runMaintenance()).toEqual([
      expect.objectContaining({ message: 'expired audit entries deleted', audit_entry: 1 }),
    ]);
    expect((await query('SELECT FROM audit_entry')).rowCount).toBe(2);
  });

  it('deletes removed recipients after a day, silent mailboxes and limits of confirmations after 30', async () => {
    await settle();
    await query(`INSERT INTO notification_recipient (tenant_id, address, removed_at)
      SELECT id, address, removed_at FROM tenant CROSS JOIN (VALUES
        ('kept@customer.example', NULL), ('today@customer.example', ${ago('23 hours')}),
        ('removed@customer.example', ${ago('25 hours')})
      ) AS recipient (address, removed_at) WHERE name = 'default'`);
    await query(`INSERT INTO mailbox (tenant_id, address, next_at, quiet_until)
      SELECT posthorn_uuidv7(), address, next_at, ${NOW_SQL} - age::interval FROM (VALUES
        ('recent@customer.example', NULL, '29 days'), ('due@customer.example', now(), '31 days'),
        ('silent@customer.example', NULL, '31 days')
      ) AS mailbox (address, next_at, age)`);
    await query(`INSERT INTO confirmation_limit (address_hash, requested_at) VALUES
      ('old', ARRAY[${ago('60 days')}, ${ago('31 days')}]), ('recent', ARRAY[${ago('60 days')}, ${ago('29 days')}])`);
    expect(await runMaintenance()).toEqual([
      expect.objectContaining({
        message: 'unused addresses of emails deleted',
        notification_recipient: 1,
        mailbox: 1,
        confirmation_limit: 1,
      }),
    ]);
    const { rows } = await query(
      'SELECT address FROM notification_recipient UNION ALL SELECT address FROM mailbox ORDER BY address',
    );
    expect(rows.map(({ address }) => address.split('@')[0])).toEqual(['due', 'kept', 'recent', 'today']);
  });

  it('continues after a failed job', async () => {
    await settle();
    await query('ALTER TABLE replay RENAME TO replay_renamed');
    await query(`UPDATE event_idempotency_generation SET started_at = ${ago('8 days')}`);
    await query(`INSERT INTO request_idempotency (api_key_id, key, fingerprint, locked_until, created_at)
      VALUES (posthorn_uuidv7(), 'k', '', now(), ${ago('25 hours')})`);
    const lines = await runMaintenance();
    expect(lines.map(({ message }) => message)).toEqual([
      'maintenance job failed',
      'expired idempotency keys of requests deleted',
      'idempotency keys of events expired',
      'maintenance jobs failed: expired rows',
    ]);
    expect(lines[0]).toMatchObject({ level: 'error', job: 'expired rows' });
  });

  it('runs in one producer at a time', async () => {
    await settle();
    await query('DELETE FROM audit_entry');
    await query(`INSERT INTO audit_entry (id, actor_name, action, target)
      VALUES (posthorn_uuid_floor('2030-12-14T11:00:00Z'), 'system', 'webhook.suspended', 'x')`);
    await chainAuditEntries(database.pool);
    const runs = await Promise.all([runMaintenance(), runMaintenance()]);
    // The other run may start after the first has ended, and find nothing to do.
    expect(runs.map((lines) => lines.length).toSorted((a, b) => a - b)).toEqual([0, 1]);
  });

  it('deletes the data keys of expired months', async () => {
    await query(
      `INSERT INTO payload_key (id, tenant_id, month, sealed_key)
       SELECT gen_random_uuid(), tenant.id, month, 'x' FROM tenant, unnest('{2030-11-01,2031-03-01,NULL}'::date[]) AS month`,
    );
    const lines = await settle();
    const deleted = { message: 'data keys of expired months deleted', deleted: 2 };
    expect(lines).toContainEqual(expect.objectContaining(deleted));
    const { rows } = await query('SELECT DISTINCT month::text FROM payload_key ORDER BY month');
    expect(rows).toEqual([{ month: '2031-03-01' }, { month: null }]);
    await query('DELETE FROM payload_key');
  });
});
