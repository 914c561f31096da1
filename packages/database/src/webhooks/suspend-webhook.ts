import type pg from 'pg';
import { suspendIf } from './suspend-if.js';

const SUSPEND = suspendIf('w.url = $4');

/**
 * Suspends a webhook on behalf of the system, if it is still active with the same epoch and URL that the request was sent to.
 * The caller drops its pending deliveries.
 * @returns the new epoch, or null if the webhook has changed
 */
export async function suspendWebhook(
  pool: pg.Pool,
  { id, epoch, url, reason }: { id: string; epoch: number; url: string; reason: string },
): Promise<number | null> {
  const { rows } = await pool.query<{ epoch: number }>(SUSPEND, [id, epoch, reason, url]);
  return rows[0]?.epoch ?? null;
}
