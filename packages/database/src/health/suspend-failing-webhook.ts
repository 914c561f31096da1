import type pg from 'pg';
import { hasOnlyFailures } from './failing.js';
import { suspendIf } from '../webhooks/suspend-if.js';
import type { FailingWebhook } from './list-failing-webhooks.js';

const SUSPEND = suspendIf(hasOnlyFailures({ webhookId: '$1', since: '$4' }));

/** Suspends a webhook that has had only failures. Returns its new epoch, or null if it had a success or has changed. */
export async function suspendFailingWebhook(pool: pg.Pool, webhook: FailingWebhook): Promise<number | null> {
  const { rows } = await pool.query<{ epoch: number }>(SUSPEND, [
    webhook.id,
    webhook.epoch,
    'failing',
    webhook.failingSince,
  ]);
  return rows[0]?.epoch ?? null;
}
