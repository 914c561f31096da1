import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventOutcome } from '@posthorn/contract';
import { dataTextOf, encodeId, memberText, PosthornError } from '@posthorn/core';
import {
  type Event,
  type EventSummary,
  type MatchFacts,
  findEvent,
  listDeliveries,
  listEvents as readEvents,
  listMatchFacts,
} from '@posthorn/database/prisma';
import { deliveryPage } from '../deliveries/delivery-responses.js';
import type { ApiDeps } from '../deps.js';
import { eventOutcomes } from './event-outcomes.js';
import { explain, type Explanation, type PublishedEvent } from './explain.js';
import { type Caller, hasScope } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { visibleDataText } from './event-data.js';
import { serializePage } from '../http/page.js';
import { seesShadow, withoutShadow } from '../webhooks/shadow.js';
import { listedTenant } from '../tenants/tenancy.js';

export const listEvents: Handler<'listEvents'> = async ({ caller, query }, deps) => {
  const tenantId = await listedTenant(deps.prisma, caller, query.tenantId);
  const page = await readEvents(deps.history, { ...query, tenantId }, query);
  const outcomeOf = await eventOutcomes(
    page.items.map(({ id }) => id),
    caller,
    deps.history,
  );
  return { status: 200, body: serializePage(page, (event) => serializeEvent(event, outcomeOf(event.id))) };
};

export const getEvent: Handler<'getEvent'> = async ({ caller, params }, deps) => {
  const event = await requireEvent(params.id, caller, deps);
  const occurredAt = JSON.parse(memberText(event.body, 'timestamp') ?? '');
  const published = { type: event.type, dataText: dataTextOf(event.body) };
  const outcomeOf = await eventOutcomes([event.id], caller, deps.history);
  return {
    status: 200,
    body: serializeEvent({ ...event, occurredAt }, outcomeOf(event.id)),
    dataText: visibleDataText(published, { seesDetails: hasScope(caller, 'webhooks:read') }),
  };
};

export const listEventDeliveries: Handler<'listEventDeliveries'> = async (
  { caller, params, query },
  deps,
) => {
  const filter = { tenantId: caller.tenantId, eventId: params.id, hidesShadow: !seesShadow(caller) };
  const page = await listDeliveries(deps.history, filter, query);
  // Deliveries may outlive their event, so look it up only for an empty page.
  if (page.items.length === 0) await requireEvent(params.id, caller, deps);
  return { status: 200, body: await deliveryPage(page, deps) };
};

export const explainEvent: Handler<'explainEvent'> = async ({ caller, params, query }, deps) => {
  const event = await requireEvent(params.id, caller, deps);
  const page = await listMatchFacts(deps.history, event, query);
  const facts = seesShadow(caller) ? page.items : page.items.map(withoutShadow);
  const items = await explainAll(facts, { ...event, data: JSON.parse(event.body).data });
  const mayReadWebhooks = hasScope(caller, 'webhooks:read');
  return {
    status: 200,
    body: serializePage({ ...page, items }, ({ webhook, reason, violation }) => ({
      webhookId: encodeId('webhook', webhook.id),
      ...(mayReadWebhooks && { url: webhook.url, description: webhook.description }),
      status: webhook.status,
      matched: webhook.delivery !== null,
      reason,
      ...(mayReadWebhooks && violation !== undefined && { violation }),
      ...(webhook.delivery && { deliveryId: encodeId('delivery', webhook.delivery.id) }),
      ...(webhook.delivery?.waitsFor && { waitsFor: encodeId('delivery', webhook.delivery.waitsFor) }),
    })),
  };
};

/** Explains each webhook in turn, yielding to the event loop in between: filters may be slow. */
async function explainAll(
  webhooks: readonly MatchFacts[],
  event: PublishedEvent,
): Promise<({ webhook: MatchFacts } & Explanation)[]> {
  const explanations: ({ webhook: MatchFacts } & Explanation)[] = [];
  for (const webhook of webhooks) {
    explanations.push({ webhook, ...explain(webhook, event) });
    await nextTurn();
  }
  return explanations;
}

async function requireEvent(
  id: string,
  { tenantId }: Caller,
  { prisma }: Pick<ApiDeps, 'prisma'>,
): Promise<Event> {
  const event = await findEvent(prisma, { id, tenantId });
  if (!event) throw new PosthornError('not_found', { detail: 'Event not found' });
  return event;
}

function serializeEvent(event: EventSummary, outcome: EventOutcome) {
  return {
    id: encodeId('event', event.id),
    type: event.type,
    tenantId: encodeId('tenant', event.tenantId),
    occurredAt: event.occurredAt,
    publishedAt: event.publishedAt.toISOString(),
    ...outcome,
  };
}
