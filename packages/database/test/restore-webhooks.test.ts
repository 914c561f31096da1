import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { newId, type WebhookStatus } from '@posthorn/core';
import { listFences } from '../src/webhooks/list-fences.js';
import { restoreWebhooks } from '../src/webhooks/restore-webhooks.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

interface Row {
  status: WebhookStatus;
  epoch: number;
  externalId: string | null;
  url: string;
  pendingUrl: string | null;
  headers: string | null;
  secrets: unknown[];
  suspendReason: string | null;
  suspendedAt: Date | null;
  deletedAt: Date | null;
}

/** Creates a webhook as a promoted replica has it. */
async function addOutdated(status: WebhookStatus, epoch = 5): Promise<{ id: string; tenantId: string }> {
  const tenantId = await addTenant(db.pool);
  const id = await addWebhook(db.pool, { tenantId, status, epoch });
  await db.pool.query(
    `UPDATE webhook SET external_id = 'own-' || id, headers_sealed = 'sealed', secrets = '[{}]', pending_url = 'https://new.example/',
       suspend_reason = CASE WHEN status = 'suspended' THEN 'requested' END,
       suspended_at = CASE WHEN status = 'suspended' THEN now() END
     WHERE id = $1`,
    [id],
  );
  await db.pool.query(
    `INSERT INTO webhook_validation (webhook_id, url, code_hash, expires_at) VALUES ($1, 'https://new.example/', '', now())`,
    [id],
  );
  return { id, tenantId };
}

async function read(id: string): Promise<Row | undefined> {
  const { rows } = await db.pool.query<Row>(
    `SELECT status, epoch, external_id AS "externalId", url, pending_url AS "pendingUrl", headers_sealed AS headers, secrets,
       suspend_reason AS "suspendReason", suspended_at AS "suspendedAt", deleted_at AS "deletedAt"
     FROM webhook WHERE id = $1`,
    [id],
  );
  return rows[0];
}

async function auditEntriesOf(id: string) {
  const { rows } = await db.pool.query(
    'SELECT actor_name AS actor, action, before, after FROM audit_entry WHERE target = $1',
    [id],
  );
  return rows;
}

async function rowsOf(table: 'webhook_validation' | 'webhook_subscription', id: string) {
  return (await db.pool.query(`SELECT FROM ${table} WHERE webhook_id = $1`, [id])).rowCount;
}

async function addFeedKey({ id, tenantId }: { id: string; tenantId: string }): Promise<void> {
  await db.pool.query(
    `INSERT INTO api_key (id, tenant_id, webhook_id, name, key_hash, prefix, scopes) VALUES ($1, $2, $3, 'feed', $4, '', '{feed:read}')`,
    [newId(), tenantId, id, randomBytes(32)],
  );
}

async function activeFeedKeysOf(id: string) {
  return (await db.pool.query('SELECT FROM api_key WHERE webhook_id = $1 AND revoked_at IS NULL', [id]))
    .rowCount;
}

describe('restoreWebhooks', () => {
  it('suspends an active webhook whose epoch is below its fence', async () => {
    const { id, tenantId } = await addOutdated('active');
    await addFeedKey({ id, tenantId });
    const before = await read(id);
    const restored = await restoreWebhooks(db.pool, [{ id, epoch: 7, isDeleted: false }]);
    expect(restored).toEqual([{ id, epoch: 8, status: 'suspended' }]);

    const after = await read(id);
    expect(await activeFeedKeysOf(id)).toBe(1);
    expect(after).toEqual({
      ...before,
      status: 'suspended',
      epoch: 8,
      suspendReason: 'failover',
      suspendedAt: expect.any(Date),
    });
    expect(await operationalEventsOf(db.pool, tenantId)).toEqual([
      {
        type: 'posthorn.webhook.suspended',
        data: {
          webhookId: id,
          url: before?.url,
          reason: 'failover',
          suspendedBy: 'system',
          suspendedAt: after?.suspendedAt?.toISOString(),
        },
      },
    ]);
    expect(await auditEntriesOf(id)).toEqual([
      {
        actor: 'system',
        action: 'webhook.suspended',
        before: { status: 'active', suspendReason: null },
        after: { status: 'suspended', suspendReason: 'failover' },
      },
    ]);
  });

  it.each<WebhookStatus>(['pending_validation', 'active', 'suspended'])(
    'deletes a webhook whose delete was lost, from %s',
    async (status) => {
      const { id, tenantId } = await addOutdated(status);
      await addFeedKey({ id, tenantId });
      const restored = await restoreWebhooks(db.pool, [{ id, epoch: 6, isDeleted: true }]);
      expect(restored).toEqual([{ id, epoch: 7, status: 'deleted' }]);
      expect(await read(id)).toMatchObject({
        status: 'deleted',
        epoch: 7,
        externalId: null,
        pendingUrl: null,
        headers: null,
        secrets: [],
        deletedAt: expect.any(Date),
      });
      expect(await rowsOf('webhook_validation', id)).toBe(0);
      expect(await rowsOf('webhook_subscription', id)).toBe(0);
      expect(await activeFeedKeysOf(id)).toBe(0);
      expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
      expect(await auditEntriesOf(id)).toMatchObject([
        { action: 'webhook.deleted', before: { status }, after: { status: 'deleted', reason: 'failover' } },
      ]);
    },
  );

  it('deletes a webhook that was changed again before it was found', async () => {
    const { id } = await addOutdated('active', 9);
    await restoreWebhooks(db.pool, [{ id, epoch: 6, isDeleted: true }]);
    expect(await read(id)).toMatchObject({ status: 'deleted', epoch: 10 });
  });

  it.each<WebhookStatus>(['pending_validation', 'suspended'])(
    'only raises the epoch of a webhook that gets nothing, from %s, so that it can be activated',
    async (status) => {
      const { id, tenantId } = await addOutdated(status);
      const before = await read(id);
      expect(await restoreWebhooks(db.pool, [{ id, epoch: 7, isDeleted: false }])).toEqual([]);
      expect(await read(id)).toEqual({ ...before, epoch: 8 });
      expect(await operationalEventsOf(db.pool, tenantId)).toEqual([]);
      expect(await auditEntriesOf(id)).toEqual([]);
    },
  );

  it('changes nothing about a webhook that is as new as its fence, deleted, or not found', async () => {
    const { id } = await addOutdated('active');
    const deleted = await addOutdated('deleted');
    const before = [await read(id), await read(deleted.id)];
    const fences = [
      { id, epoch: 5, isDeleted: false },
      { id: deleted.id, epoch: 9, isDeleted: true },
      { id: randomUUID(), epoch: 9, isDeleted: false },
    ];
    expect(await restoreWebhooks(db.pool, fences)).toEqual([]);
    expect([await read(id), await read(deleted.id)]).toEqual(before);
  });

  it('has one effect when several processes find the webhook at the same time', async () => {
    const webhooks = await Promise.all(Array.from({ length: 5 }, () => addOutdated('active')));
    const fences = webhooks.map(({ id }) => ({ id, epoch: 6, isDeleted: false }));
    const runs = await Promise.all([
      restoreWebhooks(db.pool, [...fences, ...fences]),
      restoreWebhooks(db.pool, fences.toReversed()),
    ]);
    expect(runs.flat()).toHaveLength(5);
    for (const { id, tenantId } of webhooks) {
      expect(await read(id)).toMatchObject({ status: 'suspended', epoch: 7 });
      expect(await operationalEventsOf(db.pool, tenantId)).toHaveLength(1);
    }
  });
});

describe('listFences', () => {
  it('returns the webhooks whose lifecycle changed in the last days, page by page', async () => {
    const { pool } = db;
    await pool.query('UPDATE webhook SET epoch = 0');
    const changed = async (status: WebhookStatus, epoch: number, daysAgo: number) => {
      const id = await addWebhook(pool, { status, epoch });
      const column = { suspended: 'suspended_at', deleted: 'deleted_at' }[status as string] ?? 'active_since';
      await pool.query(`UPDATE webhook SET ${column} = now() - make_interval(days => $2) WHERE id = $1`, [
        id,
        daysAgo,
      ]);
      return id;
    };
    await changed('active', 0, 1);
    await changed('suspended', 1, 8);
    const deleted = await changed('deleted', 2, 5);
    const reactivated = await changed('active', 4, 3);
    const suspended = await changed('suspended', 3, 1);

    const first = await listFences(pool, { days: 7, after: null, limit: 2 });
    const second = await listFences(pool, { days: 7, after: first[1] ?? null, limit: 2 });
    expect([...first, ...second].map(({ changedAt: _changedAt, ...fence }) => fence)).toEqual([
      { webhookId: deleted, epoch: 2, isDeleted: true, validatedAt: null },
      { webhookId: reactivated, epoch: 4, isDeleted: false, validatedAt: null },
      { webhookId: suspended, epoch: 3, isDeleted: false, validatedAt: null },
    ]);
  });
});
