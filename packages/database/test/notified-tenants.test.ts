// Emails about the webhooks of tenants that are suspended or deleted.
import { describe, expect, it } from '@jest/globals';
import { newId, SYSTEM_TENANT_ID } from '@posthorn/core';
import { claimMail } from '../src/notifications/claim-mail.js';
import { settleOperationalEvents } from '../src/notifications/settle-operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const OPERATOR = 'ops@example.com';
const CONTACT = 'contact@example.com';
const [FAILING, SUSPENDED] = ['posthorn.webhook.failing', 'posthorn.webhook.suspended'];

const setStatus = (tenantId: string, status: string) =>
  db.pool.query(
    `UPDATE tenant SET status = $2::tenant_status, contact_email = $3, suspended_at = now(), deleted_at = now() WHERE id = $1`,
    [tenantId, status, CONTACT],
  );

/** Settles one operational event of each type, and returns who gets a notice of which. */
async function noticesOf(tenantId: string): Promise<[string, string][]> {
  const webhookId = await addWebhook(db.pool, { tenantId });
  const ids = [newId(), newId()];
  await db.pool.query(
    `INSERT INTO operational_event (id, tenant_id, type, data)
     SELECT unnest($1::uuid[]), $2, unnest($3::text[]), jsonb_build_object('webhookId', $4::text)`,
    [ids, tenantId, [FAILING, SUSPENDED], webhookId],
  );
  await settleOperationalEvents(db.pool, ids, [OPERATOR]);
  const { rows } = await db.pool.query<{ address: string; type: string }>(
    'SELECT address, type FROM notice WHERE webhook_id = $1 ORDER BY address DESC, type',
    [webhookId],
  );
  return rows.map(({ address, type }) => [address, type]);
}

describe('emails about the webhooks of a tenant', () => {
  it.each([
    [
      'active',
      [
        [OPERATOR, FAILING],
        [OPERATOR, SUSPENDED],
        [CONTACT, FAILING],
        [CONTACT, SUSPENDED],
      ],
    ],
    [
      'suspended',
      [
        [OPERATOR, SUSPENDED],
        [CONTACT, SUSPENDED],
      ],
    ],
    ['deleted', []],
  ])('that is %s are those that matter', async (status, expected) => {
    const tenantId = await addTenant(db.pool);
    await setStatus(tenantId, status);
    expect(await noticesOf(tenantId)).toEqual(expected);
  });

  it('are kept while it is deleted, and sent if it is restored', async () => {
    const tenantId = await addTenant(db.pool);
    await setStatus(tenantId, 'active');
    await noticesOf(tenantId);
    await db.pool.query('DELETE FROM mailbox WHERE tenant_id = $1', [SYSTEM_TENANT_ID]);
    const claim = async (): Promise<string | undefined> => {
      for (;;) {
        const mail = await claimMail(db.pool);
        if (mail === null || mail.tenantId === tenantId) return mail?.tenantId;
      }
    };
    await setStatus(tenantId, 'deleted');
    expect(await claim()).toBeUndefined();
    await setStatus(tenantId, 'active');
    expect(await claim()).toBe(tenantId);
  });
});
