import {
  type Actor,
  checkValidationCode,
  MAX_VALIDATION_ATTEMPTS,
  transition,
  type ValidationCheck,
  validationTarget,
} from '@posthorn/core';
import { applyChange, lockWebhook, type RequestChange } from './change-webhook.js';
import { changesRequestsOfWebhook } from './changes-requests.js';
import { audit, auditChange, type AuditContext } from '../audit/audit.js';
import type { PrismaDb } from '../prisma-client/client.js';
import type { WebhookTarget } from './find-webhooks.js';
import type { WebhookRecord } from './webhook-record.js';

interface NewValidation {
  codeHash: Uint8Array<ArrayBuffer>;
  ttlMs: number;
}

/**
 * Stores a validation code before it is sent, replacing an earlier one.
 * @returns null if the webhook does not exist; a null `url` if it has no URL to validate
 */
export async function storeValidation(
  prisma: PrismaDb,
  target: WebhookTarget,
  { codeHash, ttlMs }: NewValidation,
  actor: Actor,
): Promise<{ webhook: WebhookRecord; url: string | null; expiresAt: Date } | null> {
  return prisma.$transaction(async (transaction) => {
    const locked = await lockWebhook(transaction, target);
    if (!locked) return null;
    const { webhook, now } = locked;
    const expiresAt = new Date(now.getTime() + ttlMs);
    const url = validationTarget(webhook);
    if (url === null) return { webhook, url, expiresAt };
    const validation = { url, codeHash, expiresAt, deliveredAt: null, failedAttempts: 0 };
    await transaction.webhookValidation.upsert({
      where: { webhookId: webhook.id },
      create: { webhookId: webhook.id, ...validation },
      update: validation,
    });
    await audit(transaction, actor, {
      action: 'webhook.validation_requested',
      tenantId: webhook.tenantId,
      target: webhook.id,
      before: null,
      after: { url, expiresAt: expiresAt.toISOString() },
    });
    return { webhook, url, expiresAt };
  });
}

/** Records that the receiver accepted the code. Returns false if the code has been replaced or used meanwhile. */
export async function markValidationDelivered(
  prisma: PrismaDb,
  webhookId: string,
  codeHash: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { count } = await prisma.webhookValidation.updateMany({
    where: { webhookId, codeHash },
    data: { deliveredAt: new Date() },
  });
  return count === 1;
}

export type Confirmation =
  | ({ check: 'ok'; webhook: WebhookRecord } & RequestChange)
  | { check: 'nothing_to_validate'; webhook: WebhookRecord }
  | { check: Exclude<ValidationCheck, 'ok'>; attemptsLeft: number };

/**
 * Checks a code and, if it is correct, confirms the validation. A wrong code counts as a failed attempt.
 * @returns null if the webhook does not exist
 */
export async function confirmValidation(
  prisma: PrismaDb,
  target: WebhookTarget,
  codeHash: Buffer,
  auditContext: AuditContext<WebhookRecord>,
): Promise<Confirmation | null> {
  return prisma.$transaction(async (transaction): Promise<Confirmation | null> => {
    const locked = await lockWebhook(transaction, target);
    if (!locked) return null;
    const { webhook, now } = locked;
    const url = validationTarget(webhook);
    const confirmed = transition(webhook, { type: 'confirm_validation' }, now);
    if (url === null || !confirmed.ok) return { check: 'nothing_to_validate', webhook };

    const where = { webhookId: webhook.id };
    const stored = await transaction.webhookValidation.findUnique({ where });
    const check = checkValidationCode(stored, { codeHash, target: url, now });
    if (check === 'ok') {
      // Deletes the code, because the webhook has no URL to validate afterward.
      const after = await applyChange(transaction, webhook, { lifecycle: confirmed.next });
      await auditChange(transaction, auditContext, { before: webhook, after });
      return { check, webhook: after, changesRequests: changesRequestsOfWebhook(webhook, after, now) };
    }
    const failedAttempts = (stored?.failedAttempts ?? 0) + (check === 'wrong' ? 1 : 0);
    if (check === 'wrong') await transaction.webhookValidation.update({ where, data: { failedAttempts } });
    return { check, attemptsLeft: Math.max(MAX_VALIDATION_ATTEMPTS - failedAttempts, 0) };
  });
}
