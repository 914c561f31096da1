import {
  createSealer,
  DEFAULT_TENANT_ID,
  newId,
  newSigningSecret,
  type ReceiverAuth,
  sealAuth,
  webhookSealingContext,
} from '@posthorn/core';
import type { Bench } from './bench.js';

export interface WebhookToCreate {
  url: string;
  /** The pattern of its subscription. */
  pattern: string;
  auth?: ReceiverAuth;
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
  const auths = webhooks.map(({ auth = null }, index) => sealAuth(ids[index] ?? '', auth, sealer));
  await pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, auth_sealed, timeout_ms, status, active_since, validated_at)
     SELECT id, $5, url, secrets, auth_sealed, 10000, 'active', now() - interval '1 minute', now()
     FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::text[]) AS made (id, url, secrets, auth_sealed)`,
    [ids, webhooks.map(({ url }) => url), secrets, auths, tenantId],
  );
  await pool.query(
    `INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id)
     SELECT $3, pattern, id FROM unnest($1::uuid[], $2::text[]) AS made (id, pattern)`,
    [ids, webhooks.map(({ pattern }) => pattern), tenantId],
  );
  return ids;
}

/** Keeps payloads and history for the days of the options. */
async function setRetention({ database: { pool }, payloadDays, historyDays }: Bench): Promise<void> {
  if (payloadDays === null && historyDays === null) return;
  await pool.query('UPDATE tenant SET payload_days = $1, history_days = $2', [payloadDays, historyDays]);
  if (historyDays !== null)
    await pool.query('SELECT posthorn_use_history_days($1, current_date - 1, current_date + 1)', [
      historyDays,
    ]);
  await pool.query('SELECT posthorn_create_payload_partitions(current_date, current_date + 1)');
}

/** Creates the single webhook of most scenarios, which gets every event. Returns its id. */
export async function createOneWebhook(bench: Bench): Promise<string> {
  await setRetention(bench);
  const [id = ''] = await createActiveWebhooks(bench, [{ url: bench.receiverUrl, pattern: '*' }]);
  return id;
}
