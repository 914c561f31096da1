import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database';
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

it('names the webhooks without an access token, and why', async () => {
  const { pool } = database;
  expect(await checkTokens(pool)).toEqual([]);
  const id = newId();
  await pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status) VALUES ($1, $2, 'https://a.example/', '[]', 1000, 'active')`,
    [id, DEFAULT_TENANT_ID],
  );
  await pool.query(`INSERT INTO webhook_token (webhook_id, auth_digest, failure_code) VALUES ($1, '', $2)`, [
    id,
    'token_endpoint_timeout',
  ]);
  expect(await checkTokens(pool)).toMatchObject([
    {
      level: 'warning',
      message: `The token endpoint did not respond in time (token_endpoint_timeout): ${encodeId('webhook', id)}`,
    },
  ]);
});
