import { MAX_RECIPIENTS, MAX_RECIPIENTS_ADDED_PER_DAY } from '@posthorn/contract';
import { newId, PosthornError, reason } from '@posthorn/core';
import { readEmailState } from '@posthorn/database/notifications';
import {
  addRecipient as storeRecipient,
  listRecipients as readRecipients,
  type MuteCommand,
  muteWebhook as storeMute,
  removeRecipient as deleteRecipient,
} from '@posthorn/database/notifications/prisma';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { renderTest } from '@posthorn/email';
import type { ApiRequest, Handler } from '../calls/handler.js';
import { timeOrNull } from '../http/page.js';
import type { NotificationDeps } from './deps.js';
import { serializeRecipient } from './recipient.js';
import { requireTenant } from '../access/tenancy.js';
import { audienceOf, webhookResponse } from '../webhooks/webhook-responses.js';
import { webhookNotFound } from '../webhooks/webhook-errors.js';

const noEmail = () => new PosthornError('invalid_state', { reason: reason('smtp_missing') });

export const getNotifications: Handler<'getNotifications', NotificationDeps> = async (
  _request,
  { pool, email },
) => {
  const { waiting, lastSentAt, lastFailedAt, lastError } = await readEmailState(pool);
  return {
    status: 200,
    body: {
      email: {
        enabled: email !== null,
        from: email?.from ?? null,
        operatorRecipients: email?.operatorEmails ?? [],
        waiting,
        lastSentAt: timeOrNull(lastSentAt),
        lastFailedAt: timeOrNull(lastFailedAt),
        lastError,
      },
    },
  };
};

/** Timeout of the test messages, which the caller waits for, in milliseconds. */
const TEST_TIMEOUT_MS = 30_000;

export const testNotifications: Handler<'testNotifications', NotificationDeps> = async (
  _request,
  { email },
) => {
  if (!email) throw noEmail();
  if (email.operatorEmails.length === 0)
    throw new PosthornError('invalid_state', { detail: 'POSTHORN_OPERATOR_EMAILS is not set' });
  for (const to of email.operatorEmails) {
    const mail = { ...renderTest(), to, id: newId(), unsubscribeUrl: null };
    const result = await email.smtp.send(mail, AbortSignal.timeout(TEST_TIMEOUT_MS));
    if (result.status !== 'sent')
      throw new PosthornError('email_not_sent', { detail: `${to}: ${result.error}` });
  }
  return { status: 200, body: { recipients: email.operatorEmails } };
};

export const listRecipients: Handler<'listRecipients', NotificationDeps> = async (
  { caller, query },
  { prisma },
) => {
  const tenantId = await requireTenant(prisma, caller, query.tenantId);
  const data = (await readRecipients(prisma, tenantId)).map(serializeRecipient);
  return { status: 200, body: { data, nextCursor: null } };
};

export const addRecipient: Handler<'addRecipient', NotificationDeps> = async (
  { caller, actor, body },
  deps,
) => {
  const tenantId = await requireTenant(deps.prisma, caller, body.tenantId);
  if (!deps.email) throw noEmail();
  const added = {
    tenantId,
    address: body.address,
    max: MAX_RECIPIENTS,
    maxPerDay: MAX_RECIPIENTS_ADDED_PER_DAY,
    key: deps.email.key,
  };
  const recipient = await deps.change({ caller, resource: tenantId }, (db) =>
    storeRecipient(db, added, actor),
  );
  if (!recipient) throw new PosthornError('conflict', { reason: reason('recipient_confirmed') });
  return { status: 201, body: serializeRecipient(recipient) };
};

export const removeRecipient: Handler<'removeRecipient', NotificationDeps> = async (
  { caller, actor, params, query },
  { prisma, change },
) => {
  const tenantId = await requireTenant(prisma, caller, query.tenantId);
  const target = { tenantId, address: params.address };
  const isRemoved = await change({ caller, resource: tenantId }, (db) => deleteRecipient(db, target, actor));
  if (!isRemoved) throw new PosthornError('not_found', { detail: 'Recipient not found' });
  return { status: 204, body: null };
};

export const muteWebhook: Handler<'muteWebhook', NotificationDeps> = (request, deps) =>
  applyMute({ type: 'mute', until: request.body.untilAt ?? null }, request, deps);

export const unmuteWebhook: Handler<'unmuteWebhook', NotificationDeps> = (request, deps) =>
  applyMute({ type: 'unmute' }, request, deps);

export const acknowledgeWebhook: Handler<'acknowledgeWebhook', NotificationDeps> = (request, deps) =>
  applyMute({ type: 'acknowledge' }, request, deps, assertNotHealthy);

async function applyMute(
  command: MuteCommand,
  { caller, actor, params }: Pick<ApiRequest<unknown>, 'caller' | 'actor'> & { params: { id: string } },
  deps: NotificationDeps,
  assertAllowed: (webhook: WebhookRecord) => void = () => {},
) {
  const target = { id: params.id, tenantId: caller.tenantId };
  const mute = { audience: audienceOf(caller), command, actor, assertAllowed };
  const webhook = await deps.change({ caller, resource: params.id }, (db) => storeMute(db, target, mute));
  if (!webhook) throw webhookNotFound();
  return { status: 200 as const, body: await webhookResponse(webhook, caller, deps) };
}

function assertNotHealthy({ status, health }: WebhookRecord): void {
  if (status === 'suspended' || (status === 'active' && health === 'failing')) return;
  throw new PosthornError('invalid_state', { reason: reason('webhook_not_failing') });
}
