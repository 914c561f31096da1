import { expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { countSubscriptions } from '../src/events/count-subscriptions.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

it('counts the subscriptions that match each type of a tenant', async () => {
  const [tenantId, other] = [await addTenant(db.pool), await addTenant(db.pool)];
  await addWebhook(db.pool, { tenantId, patterns: ['*'] });
  await addWebhook(db.pool, { tenantId, patterns: ['order.*', 'order.paid'] });
  await addWebhook(db.pool, { tenantId, patterns: ['invoice.paid'] });
  await addWebhook(db.pool, { tenantId: other, patterns: ['order.paid'] });
  const counts = await countSubscriptions(db.pool, [
    { tenantId, type: 'order.paid' },
    { tenantId, type: 'user.created' },
    { tenantId: newId(), type: 'order.paid' },
    { tenantId: other, type: 'order.paid' },
  ]);
  expect(counts).toEqual([3, 1, 0, 1]);
});
