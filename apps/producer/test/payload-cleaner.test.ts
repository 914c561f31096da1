import { expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, newId } from '@posthorn/core';
import { createPayloadCleaner } from '../src/retention/payload-cleaner.js';
import { useDatabase } from './fixtures/use-database.js';

const database = useDatabase();

const left = async () => {
  const { rows } = await database.pool.query<{ n: number }>(
    'SELECT count(*)::integer AS n FROM unsettled_payload',
  );
  return rows[0]?.n;
};

it('deletes payloads without pending deliveries, and goes on from the start', async () => {
  const clean = createPayloadCleaner(database.pool);
  expect(await clean()).toBe(false);
  const [settled, pending] = [newId(), newId()];
  await database.pool.query('INSERT INTO unsettled_payload (event_id) SELECT unnest($1::uuid[])', [
    [settled, pending],
  ]);
  await database.pool.query(
    `INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch)
     VALUES (posthorn_delivery_id($1), $1, $2, $2, now(), 0)`,
    [pending, DEFAULT_TENANT_ID],
  );
  expect(await clean()).toBe(true);
  expect(await left()).toBe(1);
  expect(await clean()).toBe(false);
  await database.pool.query('DELETE FROM pending_delivery');
  expect(await clean()).toBe(true);
  expect(await left()).toBe(0);
});
