import { describe, expect, it } from '@jest/globals';
import { lifecycleEvents, transition, type WebhookLifecycle, type WebhookStatus } from '@posthorn/core';
import { openPrisma } from '../src/prisma-client/client.js';
import { changeWebhook } from '../src/webhooks/change-webhook.js';
import { suspendWebhook } from '../src/webhooks/suspend-webhook.js';
import type { WebhookRecord } from '../src/webhooks/webhook-record.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { NO_AUDIT } from './fixtures/no-audit.js';
import { useDatabase } from './fixtures/use-database.js';

// The suspend transition exists twice: as a pure function, and as one statement for suspensions by the system.

const db = useDatabase();
const BEFORE = new Date('2026-01-01T00:00:00.123Z');

interface Row {
  status: WebhookStatus;
  pendingUrl?: string;
  suspendedAt?: Date;
  suspendReason?: string;
}

const STATES: Row[] = [
  { status: 'pending_validation' },
  { status: 'active' },
  { status: 'active', pendingUrl: 'https://new.example/' },
  { status: 'suspended', suspendedAt: BEFORE, suspendReason: 'requested' },
  { status: 'deleted' },
];

async function addState({ status, pendingUrl, suspendedAt, suspendReason }: Row) {
  const tenantId = await addTenant(db.pool);
  const id = await addWebhook(db.pool, { tenantId, status, epoch: 4, activeSince: BEFORE });
  await db.pool.query(
    `UPDATE webhook SET pending_url = $2, suspended_at = $3, suspend_reason = $4, validated_at = $5,
       deleted_at = CASE WHEN status = 'deleted' THEN $5::timestamptz END
     WHERE id = $1`,
    [id, pendingUrl, suspendedAt, suspendReason, status === 'pending_validation' ? null : BEFORE],
  );
  return { id, tenantId };
}

type PushWebhook = WebhookLifecycle & { id: string; url: string };

async function read(id: string): Promise<PushWebhook> {
  const { rows } = await db.pool.query<PushWebhook>(
    `SELECT id, status, delivery, url, pending_url AS "pendingUrl", epoch, active_since AS "activeSince", validated_at AS "validatedAt",
       suspended_at AS "suspendedAt", suspend_reason AS "suspendReason", suspended_by AS "suspendedBy",
       suspended_by_name AS "suspendedByName", deleted_at AS "deletedAt"
     FROM webhook WHERE id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) throw new Error(`webhook ${id} not found`);
  return row;
}

const reason = 'gone';

describe('suspendWebhook', () => {
  it.each(STATES)('has the same effect and events as the pure transition, from $status', async (state) => {
    const { id, tenantId } = await addState(state);
    const before = await read(id);
    const epoch = await suspendWebhook(db.pool, { id, epoch: before.epoch, url: before.url, reason });
    const after = await read(id);

    const expected = transition(
      before,
      { type: 'suspend', reason, by: 'system', byName: null },
      after.suspendedAt ?? BEFORE,
    );
    expect(after).toEqual(expected.ok ? { ...before, ...expected.next } : before);
    expect(epoch).toBe(expected.ok ? expected.next.epoch : null);
    const events = expected.ok ? lifecycleEvents(before, expected.next) : [];
    const { rows } = await db.pool.query(
      'SELECT type, data, created_at AS at FROM operational_event WHERE tenant_id = $1',
      [tenantId],
    );
    expect(rows).toEqual(events);
  });

  it('has the same effect as changeWebhook on an active webhook', async () => {
    const [bySystem, byUser] = [await addState({ status: 'active' }), await addState({ status: 'active' })];
    const before = await read(bySystem.id);
    await suspendWebhook(db.pool, { id: bySystem.id, epoch: before.epoch, url: before.url, reason });
    const decide = (webhook: WebhookRecord, now: Date) => {
      const result = transition(webhook, { type: 'suspend', reason, by: 'system', byName: null }, now);
      return result.ok ? { lifecycle: result.next } : {};
    };
    await changeWebhook(openPrisma(db.pool), byUser, decide, NO_AUDIT);
    const different = { id: expect.any(String), suspendedAt: expect.any(Date) };
    expect(await read(bySystem.id)).toEqual({ ...(await read(byUser.id)), ...different });
    const [systemEvents, userEvents] = [
      await operationalEventsOf(db.pool, bySystem.tenantId),
      await operationalEventsOf(db.pool, byUser.tenantId),
    ];
    expect(systemEvents).toMatchObject([{ type: 'posthorn.webhook.suspended' }]);
    expect(systemEvents.map(({ data }) => Object.keys(data))).toEqual(
      userEvents.map(({ data }) => Object.keys(data)),
    );
    expect(userEvents[0]?.data).toMatchObject({
      webhookId: byUser.id,
      reason,
      suspendedAt: (await read(byUser.id)).suspendedAt?.toISOString(),
    });
  });

  it('suspends and emits once for concurrent callers', async () => {
    const { id, tenantId } = await addState({ status: 'active' });
    const { epoch, url } = await read(id);
    const results = await Promise.all(
      Array.from({ length: 5 }, () => suspendWebhook(db.pool, { id, epoch, url, reason })),
    );
    expect(results.filter((result) => result !== null)).toEqual([epoch + 1]);
    expect(await operationalEventsOf(db.pool, tenantId)).toHaveLength(1);
  });
});
