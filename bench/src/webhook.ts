import {
  createSealer,
  DEFAULT_TENANT_ID,
  newId,
  newSigningSecret,
  webhookSealingContext,
} from '@posthorn/core';
import type { Bench } from './bench.js';

export interface WebhookToCreate {
  url: string;
  /** The pattern of its subscription. */
  pattern: string;
}

/** Inserts active webhooks directly into the database and returns their ids. */
export async function createActiveWebhooks(
  { database, encryptionKey }: Bench,
  webhooks: readonly WebhookToCreate[],
  tenantId = DEFAULT_TENANT_ID,
): Promise<string[]> {
  const { pool } = database;
  const sealer = createSealer(Buffer.from(encryptionKey, 'base64'));
  const ids = webhooks.map(() => newId());
  const secrets = ids.map((id) =>
    JSON.stringify([{ sealed: sealer.seal(newSigningSecret(), webhookSealingContext(id)), expiresAt: null }]),
  );
  await pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, validated_at)
     SELECT id, $4, url, secrets, 10000, 'active', now() - interval '1 minute', now()
     FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) AS made (id, url, secrets)`,
    [ids, webhooks.map(({ url }) => url), secrets, tenantId],
  );
  await pool.query(
    `INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id)
     SELECT $3, pattern, id FROM unnest($1::uuid[], $2::text[]) AS made (id, pattern)`,
    [ids, webhooks.map(({ pattern }) => pattern), tenantId],
  );
  return ids;
}

/** Creates the single webhook of most scenarios, which gets every event. Returns its id. */
export async function createOneWebhook(bench: Bench): Promise<string> {
  const [id = ''] = await createActiveWebhooks(bench, [{ url: bench.receiverUrl, pattern: '*' }]);
  return id;
}
