import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { findById } from '../src/search/find-by-id.js';
import { addDelivery, attemptOf, readDelivery, recordNext, successOf } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const find = (kind: Parameters<typeof findById>[1]['kind'], id: string, tenantId: string | null = null) =>
  findById(db.pool, { kind, id }, { tenantId });

describe('an attempt', () => {
  it('is found while its delivery is pending, when it is settled, and after later attempts', async () => {
    const { id, eventId, webhookId } = await addDelivery(db.pool);
    const [first, last] = [attemptOf(id), successOf(id)];
    const delivery = expect.objectContaining({ id, eventId, webhookId, title: 'a.b' });
    await recordNext(db.pool, [first]);
    expect(await find('attempt', first.id)).toEqual(delivery);
    await recordNext(db.pool, [last]);
    expect(await find('attempt', first.id)).toEqual(delivery);
    expect(await find('attempt', last.id)).toEqual(delivery);
    expect(await find('attempt', newId())).toBeNull();
  });

  it('is not found by an id from after the year 9999', async () => {
    expect(await find('attempt', 'ffffffff-ffff-7fff-bfff-ffffffffffff')).toBeNull();
  });

  it('is found after a first success', async () => {
    const { id } = await addDelivery(db.pool);
    const attempt = successOf(id);
    await recordAttempts(db.pool, [attempt]);
    expect(await find('attempt', attempt.id)).toMatchObject({ id });
  });
});

describe('a delivery', () => {
  it('is found in its tenant, with the time in its id', async () => {
    const { id } = await addDelivery(db.pool);
    const { tenant_id: tenantId } = await readDelivery(db.pool, id);
    const found = await find('delivery', id, tenantId);
    expect(found).toMatchObject({ id, tenantId });
    expect(Math.abs(Date.now() - (found?.createdAt.getTime() ?? 0))).toBeLessThan(60_000);
    expect(await find('delivery', id, newId())).toBeNull();
  });
});

describe('a webhook', () => {
  it('is found by its id and by the ids of its secrets until it is deleted', async () => {
    const { webhookId } = await addDelivery(db.pool);
    const secretId = newId();
    await db.pool.query('UPDATE webhook SET secrets = $2 WHERE id = $1', [
      webhookId,
      JSON.stringify([
        { id: newId(), sealed: 'x', expiresAt: null },
        { id: secretId, sealed: 'y', expiresAt: null },
      ]),
    ]);
    expect(await find('webhook', webhookId)).toMatchObject({
      id: webhookId,
      title: 'https://receiver.example/',
    });
    expect(await find('signingSecret', secretId)).toMatchObject({ id: webhookId });
    await db.pool.query(`UPDATE webhook SET status = 'deleted' WHERE id = $1`, [webhookId]);
    expect(await find('webhook', webhookId)).toBeNull();
  });
});

describe('other resources', () => {
  it('are found with what identifies them', async () => {
    const id = newId();
    await db.pool.query(`INSERT INTO tenant (id, name) VALUES ($1, 'Acme')`, [id]);
    await db.pool.query(
      `INSERT INTO api_key (id, tenant_id, name, key_hash, prefix, scopes) VALUES ($1, $1, 'CI', 'x', '', '{}')`,
      [id],
    );
    await db.pool.query(
      `INSERT INTO rejected_event (id, source, code, message, payload) VALUES ($1, 'queue', 'c', 'Bad', '{}')`,
      [id],
    );
    await db.pool.query(`INSERT INTO replay (id, tenant_id, event_id, total) VALUES ($1, $1, $1, 1)`, [id]);
    await db.pool.query(
      `INSERT INTO audit_entry (id, actor_name, action, target) VALUES ($1, 'system', 'webhook.suspended', 't')`,
      [id],
    );
    expect(await find('tenant', id, id)).toMatchObject({ id, tenantId: id, title: 'Acme' });
    expect(await find('apiKey', id)).toMatchObject({ title: 'CI' });
    expect(await find('rejectedEvent', id)).toMatchObject({ tenantId: null, title: 'c' });
    expect(await find('rejectedEvent', id, id)).toBeNull();
    expect(await find('replay', id)).toMatchObject({ title: 'running', webhookId: null, eventId: id });
    await db.pool.query(
      `WITH recovery AS (INSERT INTO recovery (id, tenant_id, since, until) VALUES ($1, $1, now(), now()) RETURNING id)
       UPDATE replay SET recovery_id = recovery.id FROM recovery WHERE replay.id = $1`,
      [id],
    );
    expect(await find('recovery', id)).toMatchObject({ title: 'running', webhookId: null });
    expect(await find('replay', id)).toBeNull();
    expect(await find('auditEntry', id)).toMatchObject({ title: 'webhook.suspended' });
  });
});
