import {
  currentMoment,
  isSameRequest,
  type Moment,
  type RequestKind,
  type ValidatedWebhook,
} from '@posthorn/core';
import { readRequestWebhook } from '@posthorn/database/webhooks';
import { assertActive } from '../access/active-tenant.js';
import type { WebhookDeps } from './deps.js';
import { webhookNotFound } from './webhook-errors.js';

/** The read that a request of the API to a webhook, or for its access token, is based on. Everything else of the request is read later. */
export interface WebhookRead {
  webhook: ValidatedWebhook;
  /** When the read began. */
  readAt: Moment;
}

/** @throws PosthornError if the webhook does not exist, also if it is deleted, or if its tenant is not active */
export async function readWebhook(id: string, { pool }: Pick<WebhookDeps, 'pool'>): Promise<WebhookRead> {
  const readAt = currentMoment();
  const webhook = await readRequestWebhook(pool, id);
  if (webhook === null || webhook.status === 'deleted') throw webhookNotFound();
  assertActive(webhook.tenantStatus);
  return { webhook, readAt };
}

/** Reads again, and returns whether the request may still start. @throws PosthornError if the tenant is not active any more */
export async function maySend(
  kind: RequestKind,
  { webhook }: WebhookRead,
  { pool }: Pick<WebhookDeps, 'pool'>,
): Promise<boolean> {
  const current = await readRequestWebhook(pool, webhook.id);
  if (current === null) return false;
  assertActive(current.tenantStatus);
  return isSameRequest(kind, webhook, current);
}
