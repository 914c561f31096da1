import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId, SYSTEM, SYSTEM_TENANT_ID } from '@posthorn/core';
import { AUDIT_IS_DUE, closeAuditRepeats, recordRepeated } from '../src/audit/audit-repeats.js';
import { chainAuditEntries } from '../src/audit/chain-audit-entries.js';
import { dropAuditEntries } from '../src/audit/drop-audit-entries.js';
import { findBreakAt, verifyAuditChain } from '../src/audit/verify-audit-chain.js';
import { createDueWorkFinder } from '../src/work/due-work-finder.js';
import { eventually } from '@posthorn/testkit';
import { idFloor } from '../src/ids/id-floor.js';
import { PURGE_PHASES, purgeBatch } from '../src/erasures/purge-tenant.js';
import { addWebhook } from './fixtures/rows.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const tenantId = newId();
const ZERO = Buffer.alloc(32);
const DAY_MS = 86_400_000;

const query = (sql: string, values: unknown[] = []) => db.pool.query(sql, values);

beforeEach(async () => {
  await query('TRUNCATE audit_entry, audit_repeat, operational_event, webhook_subscription CASCADE');
  await query(
    'UPDATE audit_chain SET last_number = 0, last_hash = $1, dropped_number = 0, dropped_hash = $1',
    [ZERO],
  );
});

const INSERT = `INSERT INTO audit_entry (id, tenant_id, actor_name, actor_tenant_id, action, target, before, after, client_address)
  VALUES ($1, $2, 'deploy', $2, 'tenant.updated', $2::uuid::text, '{"name": "old"}', '{"name": "new"}', '192.0.2.1')`;

async function addEntry(id = newId()): Promise<string> {
  await query(INSERT, [id, tenantId]);
  return id;
}

async function addChained(count: number): Promise<string[]> {
  const ids = [];
  for (let index = 0; index < count; index += 1) ids.push(await addEntry());
  expect(await chainAuditEntries(db.pool)).toBe(count);
  return ids;
}

/** Adds 120 entries with values of 80 KB each. */
async function addChainedLarge(): Promise<void> {
  await query(
    `INSERT INTO audit_entry (id, actor_name, action, target, before, after)
     SELECT posthorn_uuidv7(), 'system', 'webhook.updated', 'a', jsonb_build_object('format', v), jsonb_build_object('format', v)
     FROM generate_series(1, 120), repeat('x', 40000) v`,
  );
  await chainAuditEntries(db.pool);
}

const verify = (number = 0, limit = 1000, hash: Buffer | null = null) =>
  verifyAuditChain(db.pool, { after: { number, hash }, limit });

async function purgeAuditEntries(): Promise<void> {
  const phase = PURGE_PHASES.find((name) => name === 'purge_auditEntries');
  if (phase === undefined) throw new Error('no such phase');
  await purgeBatch(db.pool, { id: newId(), tenantId, phase, cursor: null });
}

const numbers = async () =>
  (await query('SELECT id, number::integer FROM audit_entry ORDER BY number')).rows.map(({ id, number }) => [
    id,
    number,
  ]);

const hashOf = async (number: number): Promise<Buffer> =>
  (await query('SELECT hash FROM audit_entry WHERE number = $1', [number])).rows[0].hash;

describe('the chain of the audit log', () => {
  it('numbers entries in their order, each once', async () => {
    const ids = await addChained(3);
    expect(await chainAuditEntries(db.pool)).toBe(0);
    expect(await numbers()).toEqual(ids.map((id, index) => [id, index + 1]));
    expect(await verify()).toMatchObject({
      last: { number: 3 },
      verified: { number: 3, createdAt: expect.any(Date) },
      unchained: 0,
      firstBreak: null,
    });
  });

  it('has an entry that was committed later than those after it', async () => {
    const client = await db.pool.connect();
    const late = newId();
    try {
      await client.query('BEGIN');
      await client.query(INSERT, [late, tenantId]);
      const [early] = await addChained(1);
      await client.query('COMMIT');
      expect(await verify()).toMatchObject({ unchained: 1, firstBreak: null });
      await chainAuditEntries(db.pool);
      expect(await numbers()).toEqual([
        [early, 1],
        [late, 2],
      ]);
    } finally {
      client.release();
    }
    expect(await verify()).toMatchObject({ verified: { number: 2 }, firstBreak: null });
  });

  it('is continued by one of several processes at a time', async () => {
    for (let index = 0; index < 20; index += 1) await addEntry();
    const chained = await Promise.all([1, 2, 3, 4].map(() => chainAuditEntries(db.pool)));
    expect(chained.reduce((sum, count) => sum + count)).toBe(20);
    expect(await verify()).toMatchObject({ verified: { number: 20 }, firstBreak: null });
  });

  it('continues after what another process chains meanwhile, and no change waits for it', async () => {
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('UPDATE audit_chain SET last_number = 5');
      await addEntry();
      const chained = chainAuditEntries(db.pool);
      await eventually(async () => {
        const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        expect((await query(waiting)).rowCount).toBe(1);
      });
      await client.query('COMMIT');
      expect(await chained).toBe(1);
    } finally {
      client.release();
    }
    expect((await numbers()).map(([, number]) => number)).toEqual([6]);
  });

  it('does not wait for an entry that another transaction has locked', async () => {
    const locked = await addEntry();
    const client = await db.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('UPDATE audit_entry SET client_address = NULL WHERE id = $1', [locked]);
      await addEntry();
      expect(await chainAuditEntries(db.pool)).toBe(1);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    expect(await chainAuditEntries(db.pool)).toBe(1);
    expect(await verify()).toMatchObject({ firstBreak: null });
  });

  it('is checked in parts', async () => {
    await addChained(5);
    const first = await verify(0, 2);
    expect(first).toMatchObject({ verified: { number: 2 }, last: { number: 5 }, firstBreak: null });
    expect(await verify(2, 2)).toMatchObject({ verified: { number: 4 }, firstBreak: null });
    expect(await verify(4, 2)).toMatchObject({ verified: { number: 5 }, firstBreak: null });
  });

  it('is checked in smaller parts if the entries are large', async () => {
    await addChainedLarge();
    const first = await verify();
    expect(first).toMatchObject({ last: { number: 120 }, firstBreak: null });
    expect(first.verified.number).toBeLessThan(120);
    expect(await verify(first.verified.number)).toMatchObject({
      verified: { number: 120 },
      firstBreak: null,
    });
  });

  it('shows an end with another hash, also if the limit ends there', async () => {
    await addChained(2);
    await query('UPDATE audit_chain SET last_hash = $1', [ZERO]);
    for (const limit of [2, 3])
      expect(await verify(0, limit)).toMatchObject({ firstBreak: { number: 2, reason: 'changed' } });
  });

  it.each([
    ['a name', `actor_name = 'other'`],
    ['an address', `client_address = '192.0.2.2'`],
    ['a value', `after = '{"name": "newer"}'`],
    ['an action', `action = 'tenant.created'`],
    ['a time', `created_at = created_at + interval '1 millisecond'`],
    ['a person', `actor_person_id = '${newId()}'`],
    ['a session', `actor_session_id = '${newId()}'`],
    ['a tenant', `tenant_id = '${newId()}'`],
    ['a digest', `digest = '\\x00'`],
    ['a hash', `hash = '\\x00'`],
    ['the salt, which looks like an erasure', `salt = NULL`],
  ])('shows the first entry of which %s was changed', async (_, change) => {
    const [, second] = await addChained(3);
    await query(`UPDATE audit_entry SET ${change} WHERE id = $1`, [second]);
    expect(await verify()).toMatchObject({
      verified: { number: 1 },
      firstBreak: { number: 2, id: second, reason: 'changed' },
    });
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
  ])('shows that entry %i is missing', async (number, verified) => {
    await addChained(3);
    await query('DELETE FROM audit_entry WHERE number = $1', [number]);
    expect(await verify()).toMatchObject({
      verified: { number: verified },
      firstBreak: { number, id: null, reason: 'missing' },
    });
  });

  it('shows that an entry was put in place of another', async () => {
    const [first, second] = await addChained(2);
    await query('UPDATE audit_entry SET number = CASE id WHEN $1 THEN 4 ELSE 3 END', [first]);
    await query('UPDATE audit_entry SET number = number - 2');
    expect(await verify()).toMatchObject({ firstBreak: { number: 1, id: second, reason: 'changed' } });
  });

  it('is whole after the erasure of a tenant', async () => {
    await addChained(3);
    await purgeAuditEntries();
    const { rows } = await query('SELECT actor_name, before, client_address, salt FROM audit_entry LIMIT 1');
    expect(rows).toEqual([
      { actor_name: 'erased', before: { name: null }, client_address: null, salt: null },
    ]);
    expect(await verify()).toMatchObject({ verified: { number: 3 }, erased: 3, firstBreak: null });
    await query(`UPDATE audit_entry SET after = '{"name": "forged"}' WHERE number = 2`);
    expect(await verify()).toMatchObject({ firstBreak: { number: 2, reason: 'changed' } });
  });

  it('has the counts of erasures, which the erasure of their tenant leaves', async () => {
    const id = await addEntry();
    await query(
      `UPDATE audit_entry SET action = 'erasure.completed', before = NULL, after = '{"events": 7}'`,
    );
    await chainAuditEntries(db.pool);
    await purgeAuditEntries();
    const { rows } = await query('SELECT after, client_address, salt FROM audit_entry');
    expect(rows).toEqual([{ after: { events: 7 }, client_address: null, salt: null }]);
    expect(await verify()).toMatchObject({ verified: { number: 1 }, erased: 1, firstBreak: null });
    await query(`UPDATE audit_entry SET after = '{"events": 8}'`);
    expect(await verify()).toMatchObject({ firstBreak: { number: 1, id, reason: 'changed' } });
  });

  describe('after a known entry', () => {
    it('is checked if the entry still has its hash', async () => {
      await addChained(3);
      const hash = await hashOf(2);
      expect(await verify(2, 1000, hash)).toMatchObject({ verified: { number: 3 }, firstBreak: null });
      expect(await verify(0, 1000, ZERO)).toMatchObject({ verified: { number: 3 }, firstBreak: null });
      const place = { number: 2, hash };
      expect(await findBreakAt(db.pool, place)).toBeNull();
      expect(await findBreakAt(db.pool, { number: 3, hash })).toMatchObject({ number: 3, reason: 'changed' });
      expect(await findBreakAt(db.pool, { number: 4, hash })).toMatchObject({ number: 4, reason: 'missing' });
    });

    it('shows that all was computed again, which nothing else shows', async () => {
      const ids = await addChained(3);
      const known = await hashOf(2);
      await query(
        `UPDATE audit_entry SET number = NULL, hash = NULL, action = 'tenant.deleted' WHERE number > 1`,
      );
      await query('UPDATE audit_chain SET last_number = 1, last_hash = $1', [await hashOf(1)]);
      await chainAuditEntries(db.pool);
      expect(await verify()).toMatchObject({ verified: { number: 3 }, firstBreak: null });
      const firstBreak = { number: 2, id: ids[1], reason: 'changed' };
      expect(await verify(2, 1000, known)).toMatchObject({ firstBreak });
      expect(await findBreakAt(db.pool, { number: 2, hash: known })).toEqual(firstBreak);
    });

    it('cannot be compared with an entry that the retention has dropped before the last one', async () => {
      for (const days of [100, 95]) await addEntry(idFloor(Date.now() - days * DAY_MS));
      await chainAuditEntries(db.pool);
      await addChained(1);
      const [first, second] = [await hashOf(1), await hashOf(2)];
      expect(await dropAuditEntries(db.pool, new Date(Date.now() - 90 * DAY_MS))).toBe(2);
      expect(await verify(1, 1000, first)).toMatchObject({ firstBreak: { number: 1, reason: 'dropped' } });
      expect(await verify(2, 1000, second)).toMatchObject({ verified: { number: 3 }, firstBreak: null });
      expect(await verify(2, 1000, first)).toMatchObject({ firstBreak: { number: 2, reason: 'changed' } });
    });
  });

  describe('an entry that is dated long before those that were chained before it', () => {
    const HOUR_MS = 3_600_000;
    const late: unknown[] = [];
    const chain = () => chainAuditEntries(db.pool, { onLate: (entries) => late.push(...entries) });
    beforeEach(() => void (late.length = 0));

    it.each([
      ['its time', () => newId(), `now() - interval '90 minutes'`],
      ['its id', () => idFloor(Date.now() - 1.5 * HOUR_MS), 'now()'],
    ])('is chained and reported: %s', async (_, newestId, createdAt) => {
      await addChained(2);
      const id = newestId();
      await addEntry(id);
      await query(`UPDATE audit_entry SET created_at = ${createdAt} WHERE id = $1`, [id]);
      const genuine = await addEntry();
      expect(await chain()).toBe(2);
      const { rows } = await query('SELECT number::integer, created_at FROM audit_entry WHERE id = $1', [id]);
      const found = { number: rows[0].number, id, createdAt: rows[0].created_at };
      expect(late).toEqual([found]);
      expect(await verify()).toMatchObject({ late: 1, firstLate: found, firstBreak: null });
      // A part that begins after the newer entries knows them.
      expect(await verify(2)).toMatchObject({ late: 1, firstLate: found });
      expect(await verify(4)).toMatchObject({ late: 0, firstLate: null });
      expect((await query('SELECT FROM audit_entry WHERE id = $1 AND number > 2', [genuine])).rowCount).toBe(
        1,
      );
    });

    it('is found also if its hash and number are forged', async () => {
      await addChained(1);
      await addEntry(idFloor(Date.now() - 2 * HOUR_MS));
      await chainAuditEntries(db.pool);
      await addChained(1);
      expect(await verify()).toMatchObject({ late: 1, firstLate: { number: 2 }, verified: { number: 3 } });
    });

    it('is none after a time without a producer, nor of a transaction that was open meanwhile', async () => {
      const ids = [9, 5, 1].map((hours) => idFloor(Date.now() - hours * HOUR_MS));
      for (const id of ids.toReversed()) await addEntry(id);
      await query(
        `UPDATE audit_entry SET created_at = to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`,
      );
      await addEntry();
      expect(await chain()).toBe(4);
      const client = await db.pool.connect();
      try {
        await client.query('BEGIN');
        await client.query(INSERT, [newId(), tenantId]);
        await addEntry();
        await chain();
        await client.query('COMMIT');
      } finally {
        client.release();
      }
      expect(await chain()).toBe(1);
      expect(late).toEqual([]);
      expect(await verify()).toMatchObject({ verified: { number: 6 }, late: 0, firstLate: null });
    });

    it('does not make those behind an id that is ahead late', async () => {
      await addEntry(idFloor(Date.now() + DAY_MS));
      await chain();
      await addEntry();
      expect(await chain()).toBe(1);
      expect(late).toEqual([]);
    });
  });

  it('begins after the entries that the retention has dropped', async () => {
    const cutoff = new Date(Date.now() - 90 * DAY_MS);
    for (const days of [100, 95]) await addEntry(idFloor(Date.now() - days * DAY_MS));
    await chainAuditEntries(db.pool);
    const [last] = await addChained(1);
    expect(await dropAuditEntries(db.pool, cutoff)).toBe(2);
    expect(await dropAuditEntries(db.pool, cutoff)).toBe(0);
    expect(await numbers()).toEqual([[last, 3]]);
    expect(await verify()).toMatchObject({
      dropped: { number: 2 },
      verified: { number: 3 },
      firstBreak: null,
    });
    // A check that began before the drop.
    expect(await verify(1)).toMatchObject({ verified: { number: 3 }, firstBreak: null });
    await query('DELETE FROM audit_entry');
    expect(await verify()).toMatchObject({ firstBreak: { number: 3, reason: 'missing' } });
  });

  it('keeps an expired entry until those before it have left, and one that is not chained', async () => {
    await addChained(1);
    await addEntry(idFloor(Date.now() - 100 * DAY_MS));
    const cutoff = new Date(Date.now() - 90 * DAY_MS);
    expect(await dropAuditEntries(db.pool, cutoff)).toBe(0);
    await chainAuditEntries(db.pool);
    expect(await dropAuditEntries(db.pool, cutoff)).toBe(0);
  });
});

describe('operational events of the audit log', () => {
  it('are emitted with the tenant whose data they have, if a webhook of the operator subscribes to them', async () => {
    await addWebhook(db.pool, { tenantId: SYSTEM_TENANT_ID, patterns: ['posthorn.*'] });
    await addChained(1);
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
    await addWebhook(db.pool, { tenantId: SYSTEM_TENANT_ID, patterns: ['posthorn.audit.tenant.*'] });
    await addChained(2);
    const events = await operationalEventsOf(db.pool, tenantId);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      type: 'posthorn.audit.tenant.updated',
      data: {
        number: 2,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        action: 'tenant.updated',
        after: { name: 'new' },
      },
    });
  });
});

const repeat = async (isCounted: boolean, sameness: unknown[] = [], now = Date.now()) => {
  const record = {
    action: 'sign_in.failed',
    tenantId: null,
    target: 'unknown',
    before: null,
    after: { count: 1 },
  } as const;
  const { text, values } = recordRepeated(
    { record, actor: SYSTEM, sameness, periodMs: 60_000, isCounted },
    now,
  );
  await query(text, values);
};

const counts = async () =>
  (await query(`SELECT after ->> 'count' AS count FROM audit_entry ORDER BY id`)).rows.map(
    ({ count }) => count,
  );

const isDue = async () => (await createDueWorkFinder(db.pool, { audit: AUDIT_IS_DUE })()).has('audit');

describe('repeated actions', () => {
  const FUTURE = Date.now() + DAY_MS;

  it('have an entry at once, and one with the number of the others', async () => {
    const now = FUTURE;
    for (let index = 0; index < 4; index += 1) await repeat(true, ['a'], now);
    await repeat(true, ['b'], now);
    expect(await counts()).toEqual(['1', '1']);
    await closeAuditRepeats(db.pool);
    expect(await counts()).toEqual(['1', '1']);
    expect(await isDue()).toBe(true);
    await chainAuditEntries(db.pool);
    expect(await isDue()).toBe(false);
    await query(`UPDATE audit_repeat SET ends_at = now() - interval '1 second'`);
    expect(await isDue()).toBe(true);
    await closeAuditRepeats(db.pool);
    await closeAuditRepeats(db.pool);
    expect(await counts()).toEqual(['1', '1', '3']);
    expect((await query('SELECT FROM audit_repeat')).rowCount).toBe(0);
  });

  it('that are not counted have one entry, in each period', async () => {
    await repeat(false, [], FUTURE);
    await repeat(false, [], FUTURE);
    await repeat(false, [], FUTURE + 60_000);
    await query(`UPDATE audit_repeat SET ends_at = now() - interval '1 second'`);
    await closeAuditRepeats(db.pool);
    expect(await counts()).toEqual(['1', '1']);
  });
});
