import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { type FreshDatabase, freshDatabase } from '@posthorn/testkit';
import { checkTokens } from '../src/doctor/check-tokens.js';

let fresh: FreshDatabase;
let database: Database;
beforeAll(async () => {
  fresh = await freshDatabase();
  database = connect({ url: fresh.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.stop();
  await fresh.drop();
});

async function addWebhook({
  status = 'active',
  retryAt = "now() + interval '1 minute'",
} = {}): Promise<string> {
  const id = newId();
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, auth_sealed)
     VALUES ($1, $2, 'https://a.example/', '[]', 1000, $3, 'sealed')`,
    [id, DEFAULT_TENANT_ID, status],
  );
  await database.pool.query(
    `INSERT INTO webhook_token (webhook_id, auth_digest, failure_code, retry_at)
     VALUES ($1, encode(sha256('sealed'), 'base64'), 'token_endpoint_timeout', ${retryAt})`,
    [id],
  );
  return encodeId('webhook', id);
}

it('names the webhooks without an access token, and why', async () => {
  const { pool } = database;
  expect(await checkTokens(pool)).toEqual([]);
  // Nothing waits for their tokens.
  await addWebhook({ status: 'suspended' });
  await addWebhook({ retryAt: 'now()' });
  expect(await checkTokens(pool)).toEqual([]);
  const id = await addWebhook();
  expect(await checkTokens(pool)).toMatchObject([
    {
      level: 'warning',
      message: `The token endpoint did not respond in time (token_endpoint_timeout): ${id}`,
    },
  ]);
});
