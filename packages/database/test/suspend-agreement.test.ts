import { describe, expect, it } from '@jest/globals';
import { lifecycleEvents, transition, type WebhookLifecycle, type WebhookStatus } from '@posthorn/core';
import { suspendWebhook } from '../src/index.js';
import { changeWebhook, openPrisma, type WebhookRecord } from '../src/prisma/index.js';
import { toldOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { NO_TRAIL } from './fixtures/trails.js';
import { useDatabase } from './fixtures/use-database.js';

// The transition is there twice: pure, and as one statement for what the system does on its own account.

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
  { status: 'suspended', suspendedAt: BEFORE, suspendReason: 'asked' },
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

async function read(id: string): Promise<WebhookLifecycle & { id: string }> {
  const { rows } = await db.pool.query<WebhookLifecycle & { id: string }>(
    `SELECT id, status, url, pending_url AS "pendingUrl", epoch, active_since AS "activeSince", validated_at AS "validatedAt",
       suspended_at AS "suspendedAt", suspend_reason AS "suspendReason", deleted_at AS "deletedAt"
     FROM webhook WHERE id = $1`,
    [id],
  );
  const [row] = rows;
  if (!row) throw new Error(`there is no webhook ${id}`);
  return row;
}

const reason = 'gone';

describe("suspending on the system's own account", () => {
  it.each(STATES)('does to $status what the pure transition does, and tells the same', async (state) => {
    const { id, tenantId } = await addState(state);
    const before = await read(id);
    const epoch = await suspendWebhook(db.pool, { id, epoch: before.epoch, url: before.url, reason });
    const after = await read(id);

    const expected = transition(before, { type: 'suspend', reason }, after.suspendedAt ?? BEFORE);
    expect(after).toEqual(expected.ok ? { ...before, ...expected.next } : before);
    expect(epoch).toBe(expected.ok ? expected.next.epoch : null);
    const events = expected.ok ? lifecycleEvents(before, expected.next) : [];
    const { rows } = await db.pool.query(
      'SELECT type, data, created_at AS at FROM operational_event WHERE tenant_id = $1',
      [tenantId],
    );
    expect(rows).toEqual(events);
  });

  it('does to an active webhook what a person does to it', async () => {
    const [own, asked] = [await addState({ status: 'active' }), await addState({ status: 'active' })];
    const before = await read(own.id);
    await suspendWebhook(db.pool, { id: own.id, epoch: before.epoch, url: before.url, reason });
    const decide = (webhook: WebhookRecord, now: Date) => {
      const result = transition(webhook, { type: 'suspend', reason }, now);
      return result.ok ? { lifecycle: result.next } : {};
    };
    await changeWebhook(openPrisma(db.pool), asked, decide, NO_TRAIL);
    const differs = { id: expect.any(String), suspendedAt: expect.any(Date) };
    expect(await read(own.id)).toEqual({ ...(await read(asked.id)), ...differs });
    const [mine, theirs] = [await toldOf(db.pool, own.tenantId), await toldOf(db.pool, asked.tenantId)];
    expect(mine).toMatchObject([{ type: 'posthorn.webhook.suspended' }]);
    expect(mine.map(({ data }) => Object.keys(data))).toEqual(theirs.map(({ data }) => Object.keys(data)));
    expect(theirs[0]?.data).toMatchObject({
      webhookId: asked.id,
      reason,
      suspendedAt: (await read(asked.id)).suspendedAt?.toISOString(),
    });
  });

  it('is done and told of by one of many at the same time', async () => {
    const { id, tenantId } = await addState({ status: 'active' });
    const { epoch, url } = await read(id);
    const results = await Promise.all(
      Array.from({ length: 5 }, () => suspendWebhook(db.pool, { id, epoch, url, reason })),
    );
    expect(results.filter((result) => result !== null)).toEqual([epoch + 1]);
    expect(await toldOf(db.pool, tenantId)).toHaveLength(1);
  });
});
