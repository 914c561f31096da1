// The feed of a webhook: what its statements read, and the history of the database, which its numbers depend on.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { NO_PAYLOAD_KEYS } from '../src/encryption/payload-keys.js';
import { acceptEvents } from '../src/events/accept-events.js';
import type { NewEvent } from '../src/events/new-event.js';
import { findChangedFeeds } from '../src/feed/find-changed-feeds.js';
import { readFeed } from '../src/feed/read-feed.js';
import { setFeedCursor } from '../src/feed/set-feed-cursor.js';
import { openPrisma } from '../src/prisma-client/client.js';
import { createPartitions } from '../src/retention/create-partitions.js';
import type { Pool } from 'pg';
import { explainScans, type Scan, type Statement } from './fixtures/explain-scans.js';
import { addTenant, addWebhook, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const SEQUENCED = { eventIds: [], webhookIds: [], hasSequences: true };

async function newFeed() {
  const tenantId = await addTenant(db.pool);
  const webhookId = await addWebhook(db.pool, { tenantId, sequenced: true });
  const keyId = newId();
  await db.pool.query(
    `INSERT INTO api_key (id, tenant_id, name, key_hash, prefix, scopes, webhook_id) VALUES ($1, $2, '', $3, '', '{feed:read}', $4)`,
    [keyId, tenantId, keyId, webhookId],
  );
  const accept = async (count: number) => {
    const events: NewEvent[] = Array.from({ length: count }, () => newEvent({ tenantId }));
    await acceptEvents(db.pool, events, SEQUENCED);
    return events;
  };
  return { tenantId, webhookId, keyId, accept };
}

const counterOf = async (webhookId: string) => {
  const { rows } = await db.pool.query<{ last: number; jumps: number[]; history: string }>(
    'SELECT last::float8, jumps::float8[], history FROM webhook_sequence WHERE webhook_id = $1',
    [webhookId],
  );
  return rows[0];
};

const numbersOf = async (webhookId: string): Promise<number[]> => {
  const { rows } = await db.pool.query<{ sequence: number }>(
    'SELECT sequence::float8 FROM pending_delivery WHERE webhook_id = $1 ORDER BY sequence',
    [webhookId],
  );
  return rows.map(({ sequence }) => sequence);
};

const historyOf = async (pool: Pick<Pool, 'query'>) =>
  (await pool.query<{ history: string }>('SELECT posthorn_history() AS history')).rows[0]?.history;

describe('the history of a database', () => {
  it('is the id of its cluster and its timeline', async () => {
    const { rows } = await db.pool.query<{ id: string }>(
      'SELECT system_identifier::text AS id FROM pg_control_system()',
    );
    expect(await historyOf(db.pool)).toBe(`${rows[0]?.id}/00000001`);
  });

  it('is empty for a role that may not read it', async () => {
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('CREATE ROLE without_control');
      await client.query('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
      await client.query('SET LOCAL ROLE without_control');
      const { rows } = await client.query<{ history: string }>('SELECT posthorn_history() AS history');
      expect(rows).toEqual([{ history: '' }]);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  it('is stored with the numbers, which continue after the present time when it has changed, once', async () => {
    const { webhookId, accept } = await newFeed();
    await accept(2);
    expect(await counterOf(webhookId)).toEqual({ last: 2, jumps: [], history: await historyOf(db.pool) });
    await db.pool.query(`UPDATE webhook_sequence SET history = 'before' WHERE webhook_id = $1`, [webhookId]);
    const { rows } = await db.pool.query<{ ms: number }>(
      'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
    );
    await accept(2);
    await accept(1);
    const [, , next = 0] = await numbersOf(webhookId);
    expect(next).toBeGreaterThan(rows[0]?.ms ?? Infinity);
    expect(await numbersOf(webhookId)).toEqual([1, 2, next, next + 1, next + 2]);
    expect(await counterOf(webhookId)).toEqual({
      last: next + 2,
      jumps: [2, next - 1],
      history: await historyOf(db.pool),
    });
  });
});

describe('the changed feeds', () => {
  it('are those with a new number, with a stopped webhook, and with an invalid key', async () => {
    const [idle, changed, stopped, revoked, parentless] = await Promise.all(
      Array.from({ length: 5 }, newFeed),
    );
    if (!idle || !changed || !stopped || !revoked || !parentless) throw new Error('too few');
    const watch = ({ webhookId, keyId }: typeof idle, after = 0) => ({ webhookId, keyId, epoch: 0, after });
    const feeds = [
      watch(idle),
      watch(changed),
      watch(stopped),
      watch(revoked),
      { ...watch(parentless), epoch: 1 },
    ];
    expect(await findChangedFeeds(db.pool, feeds.slice(0, 4))).toEqual([]);
    await changed.accept(1);
    await db.pool.query(`UPDATE webhook SET status = 'suspended' WHERE id = $1`, [stopped.webhookId]);
    await db.pool.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [revoked.keyId]);
    expect(await findChangedFeeds(db.pool, feeds)).toEqual(feeds.slice(1));
    expect(
      await findChangedFeeds(db.pool, [watch(changed, 1), { ...watch(idle), webhookId: newId() }]),
    ).toHaveLength(1);
  });
});

describe('the cursor', () => {
  it('is stored up to the last number', async () => {
    const { webhookId, accept } = await newFeed();
    expect(await setFeedCursor(db.pool, webhookId, 0)).toBe(0);
    await accept(3);
    expect(await setFeedCursor(db.pool, webhookId, 3)).toBe(3);
    expect(await setFeedCursor(db.pool, webhookId, 4)).toBe(3);
    const { rows } = await db.pool.query('SELECT cursor FROM webhook_sequence WHERE webhook_id = $1', [
      webhookId,
    ]);
    expect(rows).toEqual([{ cursor: '3' }]);
  });

  it('does not wait for a counter that stays locked', async () => {
    const { webhookId, accept } = await newFeed();
    await accept(1);
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT FROM webhook_sequence WHERE webhook_id = $1 FOR UPDATE', [webhookId]);
      await expect(setFeedCursor(db.pool, webhookId, 1)).rejects.toMatchObject({ code: '55P03' });
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});

describe('a page in the history of days', () => {
  const DAYS = 8;
  const ROWS_A_DAY = 3000;
  const LIMIT = 50;
  let feed: Awaited<ReturnType<typeof newFeed>>;

  beforeAll(async () => {
    const firstDay = new Date('2031-01-01T00:00:00Z');
    await createPartitions(db.pool, firstDay);
    feed = await newFeed();
    const { tenantId, webhookId } = feed;
    const other = await addWebhook(db.pool, { tenantId, sequenced: true });
    await db.pool.query(
      `WITH numbered AS MATERIALIZED (
         SELECT n, overlay(gen_random_uuid()::text PLACING left(posthorn_uuid_floor($1::timestamptz + n * interval '1 day' / ${ROWS_A_DAY})::text, 13) FROM 1)::uuid AS id
         FROM generate_series(1, ${DAYS * ROWS_A_DAY - 1}) AS n
       ), events AS (
         INSERT INTO event (id, tenant_id, published_at, type, body) SELECT id, $2, now(), 'a', '{}' FROM numbered
       )
       INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, sequence)
       SELECT posthorn_delivery_id(id), id, w, $2, now(), 'succeeded', 0, 1, false, n FROM numbered, unnest($3::uuid[]) AS w`,
      [firstDay, tenantId, [webhookId, other]],
    );
    await db.pool.query(
      `INSERT INTO webhook_sequence (webhook_id, last, history) SELECT w, ${DAYS * ROWS_A_DAY - 1}, posthorn_history() FROM unnest($1::uuid[]) AS w`,
      [[webhookId, other]],
    );
    await db.pool.query('VACUUM ANALYZE');
  });

  async function scansOfPage(after: number): Promise<Scan[]> {
    const statements: Statement[] = [];
    const spy = new Proxy(db.pool, {
      get(pool, name) {
        if (name !== 'query') return Reflect.get(pool, name);
        return (query: { text: string; values: unknown[] }) => {
          statements.push({ text: query.text, values: query.values });
          return pool.query(query);
        };
      },
    });
    const { webhookId, keyId } = feed;
    const page = await readFeed(openPrisma(spy), {
      webhookId,
      keyId,
      after,
      limit: LIMIT,
      maxBytes: 1e6,
      payloadKeys: NO_PAYLOAD_KEYS,
    });
    expect(page?.entries.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: LIMIT }, (_, n) => after + 1 + n),
    );
    expect(statements).toHaveLength(1);
    const scans = await Promise.all(statements.map((statement) => explainScans(db.pool, statement)));
    return scans.flat();
  }

  it.each([0, ROWS_A_DAY - 20, 5 * ROWS_A_DAY])('reads only its rows, by index: after %s', async (after) => {
    const scans = await scansOfPage(after);
    expect(scans.filter(({ name }) => /Seq Scan.*20310/.test(name))).toEqual([]);
    const rows = scans
      .filter(({ name }) => name.includes('settled_delivery'))
      .reduce((sum, scan) => sum + scan.rows, 0);
    expect(rows).toBeLessThanOrEqual(LIMIT + DAYS + 2);
  });
});
