import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { derivedId, newId } from '@posthorn/core';
import { readRecentAttempts } from '../src/health/read-recent-attempts.js';
import { updateWebhookHealth } from '../src/health/update-webhook-health.js';
import { openPrisma, type PrismaDb } from '../src/prisma-client/client.js';
import { aggregateStats } from '../src/statistics/aggregate-stats.js';
import { listWebhooks } from '../src/webhooks/find-webhooks.js';
import { addTenant, addWebhook, attemptOf, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const MINUTE_MS = 60_000;
/** The first of all tests: a test may last until the next minute. */
const THIS_MINUTE = Math.floor(Date.now() / MINUTE_MS);
const minute = (index: number) => new Date((THIS_MINUTE + index) * MINUTE_MS);

let prisma: PrismaDb;
let tenantId: string;
beforeAll(() => {
  prisma = openPrisma(db.pool);
});
beforeEach(async () => {
  await db.pool.query("UPDATE webhook SET status = 'deleted'");
  tenantId = await addTenant(db.pool);
});

/** The attempts of one minute, `F` for failed and `S` for succeeded, in order. */
type Minutes = Record<number, string>;

async function addAttempts(webhookId: string, minutes: Minutes): Promise<void> {
  for (const [index, outcomes] of Object.entries(minutes)) {
    const failures = /F*$/.exec(outcomes)?.[0].length ?? 0;
    const successes = /S*$/.exec(outcomes)?.[0].length ?? 0;
    await db.pool.query(
      `INSERT INTO webhook_minute_stats (minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, trailing_failures,
         trailing_successes, last_status, latency_buckets, latency_counts)
       VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8, '{}', '{}')
       ON CONFLICT (minute, webhook_id) DO UPDATE SET attempts = excluded.attempts, succeeded = excluded.succeeded,
         trailing_failures = excluded.trailing_failures, trailing_successes = excluded.trailing_successes, last_status = excluded.last_status`,
      [
        minute(Number(index)),
        webhookId,
        tenantId,
        outcomes.length,
        outcomes.replaceAll('F', '').length,
        failures,
        successes,
        failures > 0 ? 503 : 200,
      ],
    );
  }
}

const evaluate = (throttledIds: string[] | null = []) =>
  updateWebhookHealth(db.pool, { since: minute(-2), throttledIds });

async function healthOf(id: string): Promise<{ health: string; health_since: Date | null }> {
  const { rows } = await db.pool.query<{ health: string; health_since: Date | null }>(
    'SELECT health, health_since FROM webhook WHERE id = $1',
    [id],
  );
  return rows[0] ?? { health: 'missing', health_since: null };
}

describe('updateWebhookHealth', () => {
  it.each<[string, Minutes, string]>([
    ['the last 5 attempts failed', { [-1]: 'SSSSSSSSSSSSSSSSFFF', 0: 'FF' }, 'failing'],
    ['only the last 4 attempts failed', { [-1]: 'SSSSSSSSSSSSSSSSFF', 0: 'FF' }, 'healthy'],
    ['5 attempts failed, but not in a row', { [-1]: 'SSSSSFFFSSSSS', 0: 'FFSF' }, 'healthy'],
    ['more than half of the attempts failed', { [-8]: 'FFF', 0: 'SS' }, 'failing'],
    ['half of the attempts failed', { [-8]: 'FFF', 0: 'SSS' }, 'healthy'],
    ['the failed attempts are older than 10 minutes', { [-11]: 'FFF', 0: 'SS' }, 'healthy'],
    [
      'the last 5 attempts succeeded after many failures',
      { [-2]: 'FFFFFFFFFFFF', [-1]: 'FFFSS', 0: 'SSS' },
      'healthy',
    ],
    ['only the last 4 attempts succeeded after many failures', { [-1]: 'FFFFFFFFFSS', 0: 'SS' }, 'failing'],
    ['5 attempts succeeded, but not in a row', { [-1]: 'FFFFFFFFFSSSF', 0: 'SS' }, 'failing'],
    ['its only attempt failed', { 0: 'F' }, 'failing'],
    ['all attempts succeeded', { [-1]: 'SSSS', 0: 'SS' }, 'healthy'],
  ])('when %s', async (_name, minutes, health) => {
    const id = await addWebhook(db.pool, { tenantId });
    await addAttempts(id, minutes);
    expect(await evaluate()).toBe(health === 'healthy' ? 0 : 1);
    expect((await healthOf(id)).health).toBe(health);
    // Nothing is written until it changes.
    expect(await evaluate()).toBe(0);
  });

  it('remains failing without further attempts until one succeeds', async () => {
    const id = await addWebhook(db.pool, { tenantId });
    await db.pool.query(`UPDATE webhook SET failing_since = $2, health = 'failing' WHERE id = $1`, [
      id,
      minute(-90),
    ]);
    await addAttempts(id, { [-90]: 'F', [-60]: 'F' });
    expect(await evaluate()).toBe(0);
    await addAttempts(id, { 0: 'S' });
    expect(await evaluate()).toBe(1);
    expect(await healthOf(id)).toEqual({ health: 'healthy', health_since: expect.any(Date) });
  });

  it('is no longer failing 10 minutes after attempts of which the last one succeeded', async () => {
    const id = await addWebhook(db.pool, { tenantId });
    await db.pool.query(`UPDATE webhook SET health = 'failing' WHERE id = $1`, [id]);
    await addAttempts(id, { [-11]: 'FFFS' });
    expect(await evaluate()).toBe(1);
    expect((await healthOf(id)).health).toBe('healthy');
  });

  it('is failing since the first failure after the last success', async () => {
    const id = await addWebhook(db.pool, { tenantId });
    await db.pool.query('UPDATE webhook SET failing_since = $2 WHERE id = $1', [id, minute(-3)]);
    await addAttempts(id, { [-3]: 'FFF', 0: 'FF' });
    await evaluate();
    expect(await healthOf(id)).toEqual({ health: 'failing', health_since: minute(-3) });
  });

  it('ignores attempts before the activation, and webhooks that are not active', async () => {
    const [reactivated, suspended] = [
      await addWebhook(db.pool, { tenantId, activeSince: minute(-1) }),
      await addWebhook(db.pool, { tenantId, status: 'suspended' }),
    ];
    await addAttempts(reactivated, { [-2]: 'FFFFFF', 0: 'S' });
    await addAttempts(suspended, { 0: 'FFFFFF' });
    expect(await evaluate()).toBe(0);
  });

  it('is throttled only while it is not failing', async () => {
    const [throttled, both] = [
      await addWebhook(db.pool, { tenantId }),
      await addWebhook(db.pool, { tenantId }),
    ];
    await addAttempts(both, { 0: 'FFFFF' });
    await evaluate([throttled, both]);
    expect((await healthOf(throttled)).health).toBe('throttled');
    expect((await healthOf(both)).health).toBe('failing');
    // While Redis is unavailable.
    expect(await evaluate(null)).toBe(0);
    expect(await evaluate([])).toBe(1);
    expect((await healthOf(throttled)).health).toBe('healthy');
  });

  it('evaluates concurrently without deadlocks', async () => {
    const ids = await Promise.all(Array.from({ length: 30 }, () => addWebhook(db.pool, { tenantId })));
    await Promise.all(ids.map((id) => addAttempts(id, { 0: 'FFFFF' })));
    await Promise.all(Array.from({ length: 6 }, (_, index) => evaluate(index % 2 ? ids : ids.toReversed())));
    expect(new Set(await Promise.all(ids.map(async (id) => (await healthOf(id)).health)))).toEqual(
      new Set(['failing']),
    );
  });
});

describe('readRecentAttempts', () => {
  it('returns the result of the last attempt and the failure rate, from the statistics of recorded attempts', async () => {
    const id = await addWebhook(db.pool, { tenantId, activeSince: minute(-60) });
    const silent = await addWebhook(db.pool, { tenantId });
    const at = (index: number, ms: number) => new Date(minute(index).getTime() + ms);
    const rows = [
      { ...successOf(newId()), startedAt: at(-1, 0) },
      { ...attemptOf(newId(), { status: 'failed', reason: 'exhausted' }), startedAt: at(-1, 10) },
      {
        ...attemptOf(newId(), { responseStatus: null, errorCode: 'timeout', errorMessage: 'x' }),
        startedAt: at(-1, 20),
      },
    ];
    for (const row of rows)
      await db.pool.query(
        `INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count,
           succeeded_before, attempt_id, started_at, duration_ms, response_status, error_code, error_message)
         VALUES ($1, $1, $2, $3, $4, 'failed', 0, 1, false, $5, $4, 12, $6, $7, $8)`,
        [
          row.deliveryId,
          id,
          tenantId,
          row.startedAt,
          row.id,
          row.responseStatus,
          row.errorCode,
          row.errorMessage,
        ],
      );
    await aggregateStats(db.pool, { from: minute(-5), to: minute(1) });
    const { rows: stats } = await db.pool.query(
      'SELECT attempts, succeeded, trailing_failures, trailing_successes, last_status, last_error FROM webhook_minute_stats WHERE webhook_id = $1',
      [id],
    );
    expect(stats).toEqual([
      {
        attempts: 3,
        succeeded: 1,
        trailing_failures: 2,
        trailing_successes: 0,
        last_status: null,
        last_error: 'timeout',
      },
    ]);
    expect(await readRecentAttempts(prisma, [id, silent])).toEqual(
      new Map([
        [
          id,
          {
            lastStatus: null,
            lastError: 'timeout',
            failureRate: 2 / 3,
            averageMs: expect.closeTo(12.5, 0),
            lastAttemptAt: expect.any(Date),
            isOfActiveTenant: true,
            oldestPendingAt: null,
          },
        ],
        [
          silent,
          {
            lastStatus: null,
            lastError: null,
            failureRate: null,
            averageMs: null,
            lastAttemptAt: null,
            isOfActiveTenant: true,
            oldestPendingAt: null,
          },
        ],
      ]),
    );
  });
});

const add = async (status: 'active' | 'suspended', health: string, suspendedBy?: string) => {
  const id = await addWebhook(db.pool, { tenantId, status });
  await db.pool.query(
    'UPDATE webhook SET health = $2::webhook_health, suspended_by = $3::suspender WHERE id = $1',
    [id, health, suspendedBy],
  );
  return id;
};

async function all(
  sort: NonNullable<Parameters<typeof listWebhooks>[2]['sort']>,
  limit: number,
): Promise<string[]> {
  const found: string[] = [];
  let cursor: Parameters<typeof listWebhooks>[2]['cursor'];
  do {
    const page = await listWebhooks(prisma, { tenantId }, { limit, sort, cursor });
    found.push(...page.items.map(({ id }) => id));
    cursor = page.next ?? undefined;
  } while (cursor);
  return found;
}

const filtered = async (filter: object) =>
  (await listWebhooks(prisma, { tenantId: null, ...filter }, { limit: 10 })).items.map(({ id }) => id);

describe('listWebhooks', () => {
  it('sorts by health and by status, in pages, and filters by both', async () => {
    const ids = {
      healthy: await add('active', 'healthy'),
      failing: await add('active', 'failing'),
      suspended: await add('suspended', 'failing', 'system'),
      throttled: await add('active', 'throttled'),
      failing2: await add('active', 'failing'),
    };
    const byHealth = [ids.failing2, ids.failing, ids.throttled, ids.suspended, ids.healthy];
    const byStatus = [ids.suspended, ids.failing2, ids.throttled, ids.failing, ids.healthy];
    for (const limit of [1, 2, 3, 4, 5, 6]) {
      expect(await all('health', limit)).toEqual(byHealth);
      expect(await all('status', limit)).toEqual(byStatus);
    }
    expect(await filtered({ health: 'failing' })).toEqual([ids.failing2, ids.failing]);
    expect(await filtered({ health: 'healthy' })).toEqual([ids.suspended, ids.healthy]);
    expect(await filtered({ health: 'healthy', status: 'active' })).toEqual([ids.healthy]);
    expect(await filtered({ suspendedBy: 'system' })).toEqual([ids.suspended]);
    expect(await filtered({ suspendedBy: 'operator' })).toEqual([]);
    expect(await filtered({ suspendedBy: 'system', status: 'active' })).toEqual([]);
  });

  it('sorts by latency, failure rate, backlog and last attempt, in pages', async () => {
    const fast = await add('active', 'healthy');
    const idle = await add('active', 'healthy');
    const slow = await add('active', 'failing');
    const idle2 = await add('suspended', 'healthy');
    await addMinute(fast, { minute: minute(-1), attempts: 10, succeeded: 9, bucket: 1 });
    await addMinute(slow, { minute: minute(-5), attempts: 4, succeeded: 1, bucket: 40 });
    for (const [id, at] of [
      [fast, 2000],
      [slow, 1000],
      [idle, 3000],
    ] as const)
      await db.pool.query(
        `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch) VALUES ($1, $1, $2, $3, now(), 0)`,
        [derivedId(id, at), id, tenantId],
      );
    for (const limit of [1, 2, 3, 4]) {
      expect(await all('latency', limit)).toEqual([slow, fast, idle2, idle]);
      expect(await all('failureRate', limit)).toEqual([slow, fast, idle2, idle]);
      expect(await all('backlog', limit)).toEqual([slow, fast, idle, idle2]);
      expect(await all('lastAttempt', limit)).toEqual([fast, slow, idle2, idle]);
    }
    const { items } = await listWebhooks(
      prisma,
      { tenantId, health: 'healthy' },
      { limit: 9, sort: 'latency' },
    );
    expect(items.map(({ id }) => id)).toEqual([fast, idle2, idle]);
    const recent = await readRecentAttempts(prisma, [fast, idle2]);
    expect(recent.get(fast)).toMatchObject({ lastAttemptAt: minute(-1), oldestPendingAt: new Date(2000) });
    expect(recent.get(slow)).toBeUndefined();
    expect(recent.get(idle2)).toMatchObject({ averageMs: null, lastAttemptAt: null, oldestPendingAt: null });
  });
});

interface Minute {
  minute: Date;
  attempts: number;
  succeeded: number;
  /** Of all response times. */
  bucket: number;
}

async function addMinute(id: string, { minute: at, attempts, succeeded, bucket }: Minute): Promise<void> {
  await db.pool.query(
    `INSERT INTO webhook_minute_stats
       (minute, webhook_id, tenant_id, attempts, succeeded, failed, dropped, latency_buckets, latency_counts)
     VALUES ($1, $2, $3, $4, $5, 0, 0, ARRAY[$6::smallint], ARRAY[$4::integer])`,
    [at, id, tenantId, attempts, succeeded, bucket],
  );
}
