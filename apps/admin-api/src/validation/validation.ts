import {
  type Actor,
  hashValidationCode,
  hasSameSecrets,
  isSuccess,
  type Moment,
  newId,
  newValidationCode,
  currentMoment,
  encodeId,
  type SentOutcome,
  VALIDATION_CODE_TTL_MS,
  validationTarget,
} from '@posthorn/core';
import {
  confirmValidation as tryCode,
  findWebhook,
  markValidationDelivered,
  storeValidation,
  type WebhookRecord,
  type WebhookTarget,
} from '@posthorn/database/prisma';
import type { ApiDeps } from '../deps.js';
import type { Handler } from '../http/handler.js';
import { webhookAuditTrail } from '../webhooks/webhook-audit-trail.js';
import { sendIfUnchanged } from '../webhooks/send-if-unchanged.js';
import { effectiveFormat, validationRequest } from '../deliveries/signed-request.js';
import { webhookResponse } from '../webhooks/webhook-responses.js';
import type { CountedValidation } from './validation-guard.js';
import { confirmsCode } from './validation-response.js';
import { webhookNotFound } from '../webhooks/webhook-errors.js';
import { codeReplaced, confirmationError, deliveryFailed, nothingToValidate } from './validation-errors.js';

export const requestValidation: Handler<'requestValidation'> = async (request, deps) => {
  const { caller, params } = request;
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const url = validationTarget(webhook);
  if (url === null) throw nothingToValidate(webhook.status);
  const validation = await deps.validations.begin({
    webhookId: webhook.id,
    tenantId: webhook.tenantId,
    url,
  });
  try {
    return await validateUrl({ ...request, url, validation }, deps);
  } finally {
    validation.end();
  }
};

type ValidationCall = Parameters<Handler<'requestValidation'>>[0] & {
  url: string;
  validation: CountedValidation;
};

/** Sends a code to the URL, and confirms it if the receiver returns it. */
async function validateUrl(
  { caller, actor, params, url, validation }: ValidationCall,
  deps: ApiDeps,
): ReturnType<Handler<'requestValidation'>> {
  const target = { id: params.id, tenantId: caller.tenantId };
  const code = newValidationCode();
  const codeHash = new Uint8Array(hashValidationCode(code, params.id, deps.sealer.hashKey));
  const readAt = currentMoment();
  const stored = await deps.change({ caller, resource: params.id }, (prisma) =>
    storeValidation(prisma, target, { codeHash, ttlMs: VALIDATION_CODE_TTL_MS }, actor),
  );
  if (!stored) throw webhookNotFound();
  const { webhook, expiresAt } = stored;
  if (stored.url === null) throw nothingToValidate(webhook.status);
  if (stored.url !== url) throw codeReplaced();

  const outcome = await sendCode({ webhook, url, code, readAt, admits: validation.admits }, deps);
  validation.assertAdmitted();
  if (isRejectedUrl(outcome)) await validation.discount();
  if (outcome.kind !== 'response' || !isSuccess(outcome))
    throw deliveryFailed(outcome, { webhook, url, caller });
  const isCurrent = await deps.change({ caller, resource: webhook.id }, (prisma) =>
    markValidationDelivered(prisma, webhook.id, codeHash),
  );
  if (!isCurrent) throw codeReplaced();
  const delivery = { expiresAt: expiresAt.toISOString(), responseStatus: outcome.status };
  if (!confirmsCode(outcome.body, code)) return { status: 200, body: { status: 'code_sent', ...delivery } };
  const confirmed = await confirm({ target, code, actor }, deps);
  return {
    status: 200,
    body: { status: 'confirmed', ...delivery, webhook: await webhookResponse(confirmed, caller, deps) },
  };
}

export const confirmValidation: Handler<'confirmValidation'> = async (
  { caller, actor, params, body },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const webhook = await confirm({ target, code: body.code, actor }, deps);
  return { status: 200, body: await webhookResponse(webhook, caller, deps) };
};

interface CodeMessage {
  webhook: WebhookRecord;
  url: string;
  code: string;
  /** When the webhook was read. */
  readAt: Moment;
  admits: CountedValidation['admits'];
}

async function sendCode(
  { webhook, url, code, readAt, admits }: CodeMessage,
  deps: ApiDeps,
): Promise<SentOutcome> {
  const data = { code, webhookId: encodeId('webhook', webhook.id) };
  const event = { id: newId(), type: 'webhook.validation', data };
  const format = await effectiveFormat(webhook, deps.prisma);
  const request = validationRequest({ webhook, url, event, format }, new Date(), deps.sealer);
  return sendIfUnchanged(
    {
      request: { ...request, admits },
      readAt,
      async isUnchanged() {
        const current = await findWebhook(deps.prisma, { id: webhook.id, tenantId: null });
        if (current === null || validationTarget(current) !== url) return false;
        return hasSameSecrets(webhook.secrets, current.secrets);
      },
    },
    deps.sender,
  );
}

/** Returns whether the URL or its address is not allowed, so that no request left Posthorn. */
function isRejectedUrl(outcome: SentOutcome): boolean {
  return outcome.kind === 'failure' && ['blocked_address', 'invalid_url'].includes(outcome.code);
}

async function confirm(
  { target, code, actor }: { target: WebhookTarget; code: string; actor: Actor },
  deps: ApiDeps,
): Promise<WebhookRecord> {
  const codeHash = hashValidationCode(code, target.id, deps.sealer.hashKey);
  const trail = webhookAuditTrail(actor, 'webhook.validated', deps.sealer);
  const confirmation = await deps.change({ caller: target, resource: target.id }, (prisma) =>
    tryCode(prisma, target, codeHash, trail),
  );
  if (!confirmation) throw webhookNotFound();
  if (confirmation.check === 'ok') {
    const { id: webhookId, url } = confirmation.webhook;
    if (url !== null) await deps.validations.confirmed({ webhookId, url });
    return confirmation.webhook;
  }
  throw confirmationError(confirmation);
}
