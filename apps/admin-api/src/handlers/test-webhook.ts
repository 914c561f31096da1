import {
  currentMoment,
  encodeId,
  hasSameSecrets,
  isSuccess,
  newId,
  openCustomHeaders,
  signatureHeaderNames,
} from '@posthorn/core';
import { audit, findEventType, findWebhook } from '@posthorn/database/prisma';
import { isJsonObject } from '@posthorn/contract';
import type { OutboundRequest } from '@posthorn/outbound';
import { allowsFeature, type Caller, hasScope } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { sendIfUnchanged } from '../send-if-unchanged.js';
import { serializeOutcome } from '../serializers/failure.js';
import { effectiveFormat, signedRequest } from '../signed-request.js';
import { REDACTED } from '../composed-request.js';
import type { ApiDeps } from '../deps.js';
import { invalidState, webhookNotFound } from '../webhook-errors.js';

export const testWebhook: Handler<'testWebhook'> = async ({ caller, actor, params, body }, deps) => {
  const { prisma, sealer } = deps;
  const data = body.data ?? (await exampleData(body.eventType, caller, deps));
  const event = { id: newId(), type: body.eventType, data };
  const readAt = currentMoment();
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: caller.tenantId });
  if (!webhook) throw webhookNotFound();
  if (webhook.status !== 'active') throw invalidState(webhook.status);

  await audit(prisma, actor, {
    action: 'webhook.tested',
    tenantId: webhook.tenantId,
    target: webhook.id,
    before: null,
    after: { eventType: body.eventType, eventId: encodeId('event', event.id) },
  });
  const format = await effectiveFormat(webhook, prisma);
  const startedAt = new Date();
  const request = signedRequest({ webhook, url: webhook.url, event, format }, startedAt, sealer);
  const outcome = await sendIfUnchanged(
    {
      request,
      readAt,
      async isUnchanged() {
        const current = await findWebhook(prisma, { id: webhook.id, tenantId: null });
        if (current?.status !== 'active' || current.epoch !== webhook.epoch) return false;
        return hasSameSecrets(webhook.secrets, current.secrets);
      },
    },
    deps.sender,
  );
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
      request: redactedRequest(request, [
        ...Object.keys(openCustomHeaders(webhook, sealer)),
        // With the data of its choice, they would sign anything for a link that may not know the secret.
        ...(allowsFeature(caller, 'secrets') ? [] : signatureHeaderNames(format ?? {})),
      ]),
    },
  };
};

/** Returns the example of the event type; an empty object if there is none, or if the caller may not read the catalog. */
export async function exampleData(
  type: string,
  caller: Caller,
  { prisma }: Pick<ApiDeps, 'prisma'>,
): Promise<Record<string, unknown>> {
  if (!allowsFeature(caller, 'catalog')) return {};
  const example = (await findEventType(prisma, type))?.example;
  return isJsonObject(example) ? example : {};
}

/** Returns a request without the values of these headers, such as custom headers, which often contain credentials. */
function redactedRequest({ url, headers, body }: OutboundRequest, names: string[]) {
  const hidden = new Set(names.map((name) => name.toLowerCase()));
  const shown = Object.entries(headers).map(([name, value]) => [
    name,
    hidden.has(name.toLowerCase()) ? REDACTED : value,
  ]);
  return { url, headers: Object.fromEntries(shown), body };
}
