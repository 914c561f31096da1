import { describe, expect, it } from '@jest/globals';
import { type DeliveryFormat, newId, STANDARD_FORMAT_ID, SYSTEM } from '@posthorn/core';
import { retentionCutoffs } from '../src/data-model/retention-cutoffs.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { retryDelivery } from '../src/deliveries/retry-delivery.js';
import { deleteExpired } from '../src/retention/delete-expired.js';
import { updateTenant } from '../src/tenants/tenants.js';
import { changeWebhook } from '../src/webhooks/change-webhook.js';
import { findFormats } from '../src/webhooks/find-formats.js';
import { addDelivery, attemptOf, recordNext } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const OWN: DeliveryFormat = { body: 'data' };
const TENANTS: DeliveryFormat = { body: 'cloudevents' };

/** Adds a delivery to a new webhook, in a new tenant. */
async function add() {
  const { id, webhookId } = await addDelivery(db.pool);
  const { rows } = await db.pool.query<{ tenant_id: string }>('SELECT tenant_id FROM webhook WHERE id = $1', [
    webhookId,
  ]);
  return { id, webhookId, tenantId: rows[0]?.tenant_id ?? '' };
}

const setOwn = (id: string, deliveryFormat: DeliveryFormat | null) =>
  changeWebhook(db.prisma, { id, tenantId: null }, () => ({ deliveryFormat }), {
    actor: SYSTEM,
    action: 'webhook.updated',
    snapshot: ({ deliveryFormat: format }) => ({ format }),
  });

const setDefault = (id: string, deliveryFormat: DeliveryFormat | null) =>
  updateTenant(db.prisma, id, { settings: { deliveryFormat }, actor: SYSTEM });

/** Returns the ids of the formats of a delivery and of its webhook, as a worker loads them. */
async function formatIdsOf(id: string) {
  const [one] = await loadDeliveries(db.pool, [id]);
  const [, many] = await loadDeliveries(db.pool, [newId(), id]);
  expect(one).toEqual({ ...(many as object), delivery: expect.anything() });
  if (typeof one !== 'object') throw new Error('not loaded');
  return { kept: one.delivery.formatId, current: one.webhook.formatId };
}

async function specOf(id: string | null): Promise<DeliveryFormat | undefined> {
  return (await findFormats(db.pool, [id ?? STANDARD_FORMAT_ID])).get(id ?? '');
}

describe('the format of a loaded delivery', () => {
  it('is that of the webhook, else that of the tenant, else none', async () => {
    const { id, webhookId, tenantId } = await add();
    expect(await formatIdsOf(id)).toEqual({ kept: null, current: null });
    await setDefault(tenantId, TENANTS);
    expect(await specOf((await formatIdsOf(id)).current)).toEqual(TENANTS);
    await setOwn(webhookId, OWN);
    expect(await specOf((await formatIdsOf(id)).current)).toEqual(OWN);
    await setOwn(webhookId, null);
    await setDefault(tenantId, null);
    expect(await formatIdsOf(id)).toEqual({ kept: null, current: null });
  });

  it('is kept by automatic retries, and not by manual ones', async () => {
    const { id } = await add();
    const formatId = newId();
    await recordNext(db.pool, [attemptOf(id, { formatId })]);
    expect(await formatIdsOf(id)).toEqual({ kept: formatId, current: null });
    const delivery = await findDelivery(db.prisma, { id, tenantId: null });
    expect(delivery && (await retryDelivery(db.prisma, delivery, SYSTEM))).toMatchObject({
      status: 'pending',
    });
    expect(await formatIdsOf(id)).toEqual({ kept: null, current: null });
    await recordNext(db.pool, [attemptOf(id)]);
    expect(await formatIdsOf(id)).toEqual({ kept: STANDARD_FORMAT_ID, current: null });
    await recordNext(db.pool, [attemptOf(id, { status: 'failed', reason: 'exhausted', retryDelayMs: null })]);
    const failed = await findDelivery(db.prisma, { id, tenantId: null });
    expect(failed && (await retryDelivery(db.prisma, failed, SYSTEM))).toMatchObject({ status: 'pending' });
    expect(await formatIdsOf(id)).toEqual({ kept: null, current: null });
  });

  it('is not kept from an attempt that ends after a manual retry', async () => {
    const { id } = await add();
    await recordNext(db.pool, [attemptOf(id)]);
    const delivery = await findDelivery(db.prisma, { id, tenantId: null });
    expect(delivery && (await retryDelivery(db.prisma, delivery, SYSTEM))).toMatchObject({
      status: 'pending',
    });
    await recordAttempts(db.pool, [attemptOf(id, { dueAt: new Date(0), formatId: newId() })]);
    expect((await formatIdsOf(id)).kept).toBeNull();
  });
});

/** Makes all formats older than a day. */
const age = () => db.pool.query(`UPDATE delivery_format SET used_at = now() - interval '25 hours'`);

const specs = async (tenantId: string): Promise<unknown[]> => {
  const { rows } = await db.pool.query<{ spec: unknown }>(
    'SELECT spec FROM delivery_format WHERE tenant_id = $1 ORDER BY id',
    [tenantId],
  );
  return rows.map(({ spec }) => spec);
};

async function deleteUnused(): Promise<number | undefined> {
  const cutoffs = retentionCutoffs({ recordDays: 60, payloadDays: null, auditDays: 60 }, new Date());
  return (await deleteExpired(db.pool, 'unused delivery formats', cutoffs))['delivery_format'];
}

describe('deleteExpired', () => {
  it('keeps formats of webhooks, tenants and retries, and those that were used within a day', async () => {
    await age();
    await deleteUnused();
    const { id, webhookId, tenantId } = await add();
    await setDefault(tenantId, TENANTS);
    await setOwn(webhookId, OWN);
    await age();
    expect(await deleteUnused()).toBe(0);

    const { current } = await formatIdsOf(id);
    await recordNext(db.pool, [attemptOf(id, { formatId: current ?? '' })]);
    await setOwn(webhookId, { body: 'envelope' });
    await age();
    expect(await deleteUnused()).toBe(0);
    await recordNext(db.pool, [attemptOf(id, { status: 'failed', reason: 'exhausted', retryDelayMs: null })]);
    expect(await deleteUnused()).toBe(1);
    expect(await specs(tenantId)).toEqual([TENANTS, { body: 'envelope' }]);

    await setDefault(tenantId, null);
    expect(await deleteUnused()).toBe(0);
    await age();
    expect(await deleteUnused()).toBe(1);
  });
});
