import {
  type Actor,
  hashValidationCode,
  isSuccess,
  type Moment,
  newId,
  newValidationCode,
  currentMoment,
  encodeId,
  PosthornError,
  type SentOutcome,
  VALIDATION_CODE_TTL_MS,
  validationTarget,
} from '@posthorn/core';
import {
  type Confirmation,
  confirmValidation as tryCode,
  findWebhook,
  markValidationDelivered,
  storeValidation,
  type WebhookRecord,
  type WebhookTarget,
} from '@posthorn/database/prisma';
import type { ApiDeps } from '../deps.js';
import type { Handler } from '../http/handler.js';
import { webhookAuditTrail } from '../serializers/webhook-audit-trail.js';
import { serializeWebhook } from '../serializers/webhook.js';
import { sendIfUnchanged } from '../send-if-unchanged.js';
import { serializeOutcome, signedRequest, hasCustomHeaders } from '../signed-request.js';
import { webhookNotFound } from './webhooks.js';

const nothingToValidate = (status: string): PosthornError =>
  new PosthornError('invalid_state', {
    detail: `The webhook is ${status} and has no URL to validate`,
    extra: { webhookStatus: status },
  });

export const requestValidation: Handler<'requestValidation'> = async ({ caller, actor, params }, deps) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const code = newValidationCode();
  const codeHash = new Uint8Array(hashValidationCode(code, params.id, deps.sealer.hashKey));
  const readAt = currentMoment();
  const stored = await deps.change({ caller, resource: params.id }, (prisma) =>
    storeValidation(prisma, target, { codeHash, ttlMs: VALIDATION_CODE_TTL_MS }, actor),
  );
  if (!stored) throw webhookNotFound();
  const { webhook, url, expiresAt } = stored;
  if (url === null) throw nothingToValidate(webhook.status);

  const outcome = await sendCode({ webhook, url, code, readAt }, deps);
  const headersWithheld = webhook.headersSealed !== null && !hasCustomHeaders({ webhook, url });
  if (outcome.kind !== 'response' || !isSuccess(outcome)) throw deliveryFailed(outcome, { headersWithheld });
  const isCurrent = await deps.change({ caller, resource: webhook.id }, (prisma) =>
    markValidationDelivered(prisma, webhook.id, codeHash),
  );
  if (!isCurrent) {
    throw new PosthornError('conflict', {
      detail: 'A newer code or a change of the URL replaced this code. Request a new one.',
    });
  }
  const delivery = { expiresAt: expiresAt.toISOString(), responseStatus: outcome.status };
  if (!echoes(outcome.body, code)) return { status: 200, body: { status: 'code_sent', ...delivery } };
  const confirmed = await confirm({ target, code, actor }, deps);
  return {
    status: 200,
    body: { status: 'confirmed', ...delivery, webhook: serializeWebhook(confirmed, deps.sealer) },
  };
};

export const confirmValidation: Handler<'confirmValidation'> = async (
  { caller, actor, params, body },
  deps,
) => {
  const target = { id: params.id, tenantId: caller.tenantId };
  const webhook = await confirm({ target, code: body.code, actor }, deps);
  return { status: 200, body: serializeWebhook(webhook, deps.sealer) };
};

interface CodeMessage {
  webhook: WebhookRecord;
  url: string;
  code: string;
  /** When the webhook was read. */
  readAt: Moment;
}

async function sendCode({ webhook, url, code, readAt }: CodeMessage, deps: ApiDeps): Promise<SentOutcome> {
  const data = { code, webhookId: encodeId('webhook', webhook.id) };
  const event = { id: newId(), type: 'webhook.validation', data };
  const request = signedRequest({ webhook, url, event }, new Date(), deps.sealer);
  return sendIfUnchanged(
    {
      request,
      readAt,
      async isUnchanged() {
        const current = await findWebhook(deps.prisma, { id: webhook.id, tenantId: null });
        return current !== null && validationTarget(current) === url;
      },
    },
    deps.sender,
  );
}

function deliveryFailed(
  outcome: SentOutcome,
  { headersWithheld }: { headersWithheld: boolean },
): PosthornError {
  const { responseStatus, responseBody, error } = serializeOutcome(outcome);
  const withheld = headersWithheld
    ? '. Custom headers are not sent to a new origin until it is validated'
    : '';
  return new PosthornError('validation_delivery_failed', {
    detail: error === null ? `The receiver responded with ${responseStatus}${withheld}` : error.message,
    extra: {
      responseStatus,
      ...(responseBody !== null && { responseBody }),
      ...(error !== null && { error }),
    },
  });
}

/** Returns whether a response body contains the code. */
function echoes(body: string, code: string): boolean {
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json !== 'object' || json === null || !('code' in json)) return false;
    return typeof json.code === 'string' && json.code.trim().toUpperCase() === code;
  } catch {
    return false;
  }
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
  if (confirmation.check === 'ok') return confirmation.webhook;
  throw confirmationError(confirmation);
}

function confirmationError(confirmation: Exclude<Confirmation, { check: 'ok' }>): PosthornError {
  switch (confirmation.check) {
    case 'nothing_to_validate':
      return nothingToValidate(confirmation.webhook.status);
    case 'wrong':
      return new PosthornError('validation_code_invalid', {
        extra: { attemptsLeft: confirmation.attemptsLeft },
      });
    case 'locked':
      return new PosthornError('validation_code_locked');
    case 'expired':
      return new PosthornError('validation_code_expired');
    case 'not_requested':
    case 'not_delivered':
      return new PosthornError('validation_not_requested');
  }
}
