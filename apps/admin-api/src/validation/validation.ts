import {
  type Actor,
  concernsReceiver,
  hashValidationCode,
  isSuccess,
  newId,
  newValidationCode,
  encodeId,
  type SentOutcome,
  VALIDATION_CODE_TTL_MS,
  validationTarget,
} from '@posthorn/core';
import { findTenant } from '@posthorn/database/tenants/prisma';
import {
  confirmValidation as tryCode,
  findWebhook,
  markValidationDelivered,
  storeValidation,
  type WebhookRecord,
  type WebhookTarget,
} from '@posthorn/database/webhooks/prisma';
import type { Handler } from '../calls/handler.js';
import { webhookAuditTrail } from '../webhooks/webhook-audit-trail.js';
import { sendIfUnchanged, webhookChanged } from '../requests/send-if-unchanged.js';
import { removeRejected, type RequestToken, requestToken } from '../requests/access-token.js';
import { effectiveFormat, hasCustomHeaders, validationRequest } from '../requests/signed-request.js';
import { webhookProfile } from '../requests/webhook-profile.js';
import { waitForBarrier } from '../webhooks/wait-for-barrier.js';
import { webhookResponse } from '../webhooks/webhook-responses.js';
import type { CountedValidation } from '../requests/validation-guard.js';
import type { ValidationDeps } from './deps.js';
import { confirmsCode } from './validation-response.js';
import { webhookNotFound } from '../webhooks/webhook-errors.js';
import { maySend, readWebhook, type WebhookRead } from '../webhooks/webhook-read.js';
import { codeReplaced, confirmationError, deliveryFailed, nothingToValidate } from './validation-errors.js';

export const requestValidation: Handler<'requestValidation', ValidationDeps> = async (request, deps) => {
  const { caller, params } = request;
  const webhook = await findWebhook(deps.prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const url = validationTarget(webhook);
  if (url === null) throw nothingToValidate(webhook.status);
  const read = await readWebhook(webhook.id, deps);
  const token = hasCustomHeaders({ webhook, url }) ? await requestToken(read.webhook, deps) : { token: null };
  const validation = await deps.validations.begin({
    webhookId: webhook.id,
    tenantId: webhook.tenantId,
    url,
  });
  try {
    return await validateUrl(
      { ...request, authSealed: read.webhook.authSealed, url, token, validation },
      deps,
    );
  } finally {
    await validation.end();
  }
};

type ValidationCall = Parameters<Handler<'requestValidation', ValidationDeps>>[0] & {
  /** The authentication that the token is of. */
  authSealed: string | null;
  url: string;
  token: RequestToken;
  validation: CountedValidation;
};

/** Sends a code to the URL, and confirms it if the receiver returns it. */
async function validateUrl(
  { caller, actor, params, authSealed, url, token, validation }: ValidationCall,
  deps: ValidationDeps,
): ReturnType<Handler<'requestValidation', ValidationDeps>> {
  const target = { id: params.id, tenantId: caller.tenantId };
  const code = newValidationCode();
  const codeHash = new Uint8Array(hashValidationCode(code, params.id, deps.sealer.hashKey));
  const read = await readWebhook(params.id, deps);
  const stored = await deps.change({ caller, resource: params.id }, (prisma) =>
    storeValidation(prisma, target, { codeHash, ttlMs: VALIDATION_CODE_TTL_MS }, actor),
  );
  if (!stored) throw webhookNotFound();
  const { webhook, expiresAt } = stored;
  if (stored.url === null) throw nothingToValidate(webhook.status);
  if (stored.url !== url) throw codeReplaced();
  if (webhook.authSealed !== authSealed) throw webhookChanged();

  const { admits } = validation;
  const outcome =
    'outcome' in token
      ? token.outcome
      : await sendCode({ webhook, url, code, read, admits, token: token.token?.value ?? null }, deps);
  validation.keep(!('outcome' in token) && !reachedNoHost(outcome));
  if ('token' in token) await removeRejected(webhook, { token: token.token, outcome }, deps);
  validation.assertAdmitted();
  if (outcome.kind !== 'response' || !isSuccess(outcome)) {
    const tenant = await findTenant(deps.prisma, webhook.tenantId);
    const clientCertificate = webhook.clientCertificate ?? tenant?.clientCertificate ?? null;
    throw deliveryFailed(outcome, { webhook: { ...webhook, clientCertificate }, url, caller });
  }
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

export const confirmValidation: Handler<'confirmValidation', ValidationDeps> = async (
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
  read: WebhookRead;
  token: string | null;
  admits: CountedValidation['admits'];
}

async function sendCode(
  { webhook, url, code, read, token, admits }: CodeMessage,
  deps: ValidationDeps,
): Promise<SentOutcome> {
  const data = { code, webhookId: encodeId('webhook', webhook.id) };
  const event = { id: newId(), type: 'webhook.validation', data };
  const format = await effectiveFormat(webhook, deps.prisma);
  const profile = await validationProfile({ webhook, url }, deps);
  const message = { webhook, url, event, format, token, profile };
  const request = validationRequest(message, new Date(), deps.composer);
  return sendIfUnchanged(
    {
      request: { ...request, admits },
      readAt: read.readAt,
      isUnchanged: () => maySend('validation', read, deps),
    },
    deps.sender,
  );
}

/** Returns the connection profile of a validation request, with the client certificate if it may be presented to the URL. */
const validationProfile = ({ webhook, url }: { webhook: WebhookRecord; url: string }, deps: ValidationDeps) =>
  webhookProfile(webhook, deps, { withClientCertificate: hasCustomHeaders({ webhook, url }) });

/**
 * Returns whether nothing reached a host of the URL: the URL or its address is not allowed, or the proxy failed before. A proxy also keeps
 * silent while it connects to a host that does.
 */
function reachedNoHost(outcome: SentOutcome): boolean {
  if (outcome.kind !== 'failure' || outcome.code === 'proxy_timeout') return false;
  return ['blocked_address', 'invalid_url'].includes(outcome.code) || !concernsReceiver(outcome);
}

async function confirm(
  { target, code, actor }: { target: WebhookTarget; code: string; actor: Actor },
  deps: ValidationDeps,
): Promise<WebhookRecord> {
  const codeHash = hashValidationCode(code, target.id, deps.sealer.hashKey);
  const trail = webhookAuditTrail(actor, 'webhook.validated', deps.sealer);
  const confirmation = await deps.change({ caller: target, resource: target.id }, (prisma) =>
    tryCode(prisma, target, codeHash, trail),
  );
  if (!confirmation) throw webhookNotFound();
  if (confirmation.check === 'ok') {
    // Requests to the URL that it replaces.
    if (confirmation.changesRequests) await waitForBarrier(deps);
    const { id: webhookId, url } = confirmation.webhook;
    if (url !== null) await deps.validations.confirmed({ webhookId, url });
    return confirmation.webhook;
  }
  throw confirmationError(confirmation);
}
