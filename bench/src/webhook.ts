import { createSealer, DEFAULT_TENANT_ID, newId, newSigningSecret } from '@posthorn/core';
import { type Pool, sealingContext } from '@posthorn/database';

/** Puts an active webhook for every event straight into the database. */
export async function createActiveWebhook(pool: Pool, url: string, encryptionKey: string): Promise<string> {
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
  await pool.query(`INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) VALUES ($1, '*', $2)`, [
    DEFAULT_TENANT_ID,
    id,
  ]);
  return id;
}

/** Waits until no delivery is pending and answers how many have succeeded with how many attempts. */
export async function settled(pool: Pool): Promise<{ succeeded: number; attempts: number }> {
  for (;;) {
    const { rows } = await pool.query<{ pending: boolean }>(
      `SELECT EXISTS (SELECT FROM delivery WHERE status = 'pending') AS pending`,
    );
    if (!rows[0]?.pending) break;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  const { rows } = await pool.query<{ succeeded: number; attempts: number }>(
    `SELECT (SELECT count(*)::int FROM delivery WHERE status = 'succeeded') AS succeeded,
            (SELECT count(*)::int FROM attempt) AS attempts`,
  );
  return rows[0] ?? { succeeded: 0, attempts: 0 };
}

/** Empties the tables that a round fills. */
export async function forgetDeliveries(pool: Pool): Promise<void> {
  await pool.query('TRUNCATE event, delivery, attempt');
}
