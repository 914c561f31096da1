import { encodeId, hiddenAuthHeaders, isSuccess, newId } from '@posthorn/core';
import { audit } from '@posthorn/database/audit/prisma';
import { findEventType } from '@posthorn/database/events/prisma';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { isJsonObject } from '@posthorn/contract';
import { allowsFeature, type Caller, hasScope } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { sendIfUnchanged, webhookChanged } from '../requests/send-if-unchanged.js';
import { serializeOutcome } from '../requests/failure.js';
import { removeRejected, requestToken } from '../requests/access-token.js';
import { effectiveFormat, signedRequest } from '../requests/signed-request.js';
import { secretHeaderNames, shownRequest } from '../requests/shown-request.js';
import { webhookProfile } from '../requests/webhook-profile.js';
import type { WebhookDeps } from './deps.js';
import { getsNoRequests, invalidState, webhookNotFound } from './webhook-errors.js';
import { maySend, readWebhook } from './webhook-read.js';

export const testWebhook: Handler<'testWebhook', WebhookDeps> = async (
  { caller, actor, params, body },
  deps,
) => {
  const { prisma, sealer, composer } = deps;
  const data = body.data ?? (await exampleData(body.eventType, caller, deps));
  const event = { id: newId(), type: body.eventType, data };
  const read = await readWebhook(params.id, deps);
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  const { url } = webhook;
  if (url === null) throw getsNoRequests();
  if (webhook.status !== 'active') throw invalidState(webhook.status);

  await audit(prisma, actor, {
    action: 'webhook.tested',
    tenantId: webhook.tenantId,
    target: webhook.id,
    before: null,
    after: { eventType: body.eventType, eventId: encodeId('event', event.id) },
  });
  const format = await effectiveFormat(webhook, prisma);
  const profile = await webhookProfile(webhook, deps);
  const startedAt = new Date();
  // The token is of the authentication that was read first.
  if (webhook.authSealed !== read.webhook.authSealed) throw webhookChanged();
  const authorized = await requestToken(read.webhook, deps);
  const token = 'token' in authorized ? authorized.token : null;
  const request = signedRequest(
    { webhook, url, event, format, profile, token: token?.value ?? null },
    startedAt,
    composer,
  );
  const send = () =>
    sendIfUnchanged(
      { request, readAt: read.readAt, isUnchanged: () => maySend('event', read, deps) },
      deps.sender,
    );
  const outcome = 'outcome' in authorized ? authorized.outcome : await send();
  await removeRejected(webhook, { token, outcome }, deps);
  const shown = { ...request, headers: { ...request.headers, ...hiddenAuthHeaders(webhook, sealer) } };
  return {
    status: 200,
    body: {
      id: encodeId('attempt', newId()),
      webhookId: encodeId('webhook', webhook.id),
      eventId: encodeId('event', event.id),
      eventType: event.type,
      startedAt: startedAt.toISOString(),
      durationMs: outcome.durationMs,
      succeeded: isSuccess(outcome),
      ...serializeOutcome(outcome, { seesDetails: hasScope(caller, 'webhooks:read') }),
      // Signatures too: with data of its choice, they would sign anything for a caller that may not know the secret.
      request: shownRequest(shown, secretHeaderNames(webhook, format ?? {}, sealer), caller),
    },
  };
};

/** Returns the example of the event type; an empty object if there is none, or if the caller may not read the catalog. */
export async function exampleData(
  type: string,
  caller: Caller,
  { prisma }: Pick<WebhookDeps, 'prisma'>,
): Promise<Record<string, unknown>> {
  if (!allowsFeature(caller, 'catalog')) return {};
  const example = (await findEventType(prisma, type))?.example;
  return isJsonObject(example) ? example : {};
}
