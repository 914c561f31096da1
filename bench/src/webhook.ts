import { createSealer, DEFAULT_TENANT_ID, newId, newSigningSecret } from '@posthorn/core';
import { sealingContext } from '@posthorn/database';
import type { Bench } from './bench.js';

export interface WebhookToMake {
  url: string;
  /** The event types that it gets. */
  pattern: string;
}

/** Puts an active webhook straight into the database and answers its id. */
export async function createActiveWebhook(
  { database, encryptionKey }: Bench,
  { url, pattern }: WebhookToMake,
): Promise<string> {
  const { pool } = database;
  const id = newId();
  const sealed = createSealer(Buffer.from(encryptionKey, 'base64')).seal(
    newSigningSecret(),
    sealingContext(id),
  );
  await pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, validated_at)
     VALUES ($1, $2, $3, $4, 10000, 'active', now() - interval '1 minute', now())`,
    [id, DEFAULT_TENANT_ID, url, JSON.stringify([{ sealed, expiresAt: null }])],
  );
  await pool.query('INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) VALUES ($1, $2, $3)', [
    DEFAULT_TENANT_ID,
    pattern,
    id,
  ]);
  return id;
}

/** The one webhook of most scenarios: every event, to the receiver. */
export const createOneWebhook = (bench: Bench): Promise<string> =>
  createActiveWebhook(bench, { url: bench.receiverUrl, pattern: '*' });
