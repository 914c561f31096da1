import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeId, PosthornError } from '@posthorn/core';
import { listDeliveries, listMatchFacts, type MatchFacts } from '@posthorn/database/deliveries/prisma';
import { type Event, findEvent, listEvents as readEvents } from '@posthorn/database/events/prisma';
import { recordView } from '../access/record-view.js';
import { deliveryPage } from '../deliveries/delivery-responses.js';
import type { EventDeps } from './deps.js';
import { eventOutcomes } from './event-outcomes.js';
import { explain, type Explanation, type PublishedEvent } from './explain.js';
import { type Caller, hasScope } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { eventSerializer, serializeEvent } from './event.js';
import { hiddenFrom } from '../access/redactions.js';
import { isHistoryOver } from './retention-end.js';
import { serializePage } from '../http/page.js';
import { seesShadow, withoutShadow } from '../webhooks/shadow.js';
import { listedTenant } from '../access/tenancy.js';

export const listEvents: Handler<'listEvents', EventDeps> = async ({ caller, query }, deps) => {
  const tenantId = await listedTenant(deps.prisma, caller, query.tenantId);
  const page = await readEvents(deps.history, { ...query, tenantId }, query);
  const outcomeOf = await eventOutcomes(
    page.items.map(({ id }) => id),
    caller,
    deps,
  );
  return { status: 200, body: serializePage(page, (event) => serializeEvent(event, outcomeOf(event.id))) };
};

export const getEvent: Handler<'getEvent', EventDeps> = async ({ caller, actor, params }, deps) => {
  const event = await requireEvent(params.id, caller, deps);
  const { id, tenantId, body } = event;
  if (body !== null)
    await recordView({ caller, actor }, { action: 'payload.viewed', tenantId, target: id }, deps.pool);
  const serialize = await eventSerializer([event], caller, deps);
  return { status: 200, ...serialize(event) };
};

export const listEventDeliveries: Handler<'listEventDeliveries', EventDeps> = async (
  { caller, params, query },
  deps,
) => {
  const filter = { tenantId: caller.tenantId, eventId: params.id, hidesShadow: !seesShadow(caller) };
  const page = await listDeliveries(deps.history, filter, query);
  // Deliveries may outlive their event, so look it up only for an empty page.
  if (page.items.length === 0) await requireEvent(params.id, caller, deps);
  return { status: 200, body: await deliveryPage(page, caller, deps) };
};

export const explainEvent: Handler<'explainEvent', EventDeps> = async ({ caller, params, query }, deps) => {
  const event = await requireEvent(params.id, caller, deps);
  const page = await listMatchFacts(deps.history, event, query);
  const facts = seesShadow(caller) ? page.items : page.items.map(withoutShadow);
  const items = await explainAll(facts, publishedEvent(event));
  const mayReadWebhooks = hasScope(caller, 'webhooks:read');
  const isRedacted = (await hiddenFrom(caller, deps.prisma, [event.type])).size > 0;
  return {
    status: 200,
    body: serializePage({ ...page, items }, ({ webhook, reason, violation }) => ({
      webhookId: encodeId('webhook', webhook.id),
      ...(mayReadWebhooks && { url: webhook.url, description: webhook.description }),
      status: webhook.status,
      matched: webhook.delivery !== null,
      reason,
      ...(mayReadWebhooks && !isRedacted && violation !== undefined && { violation }),
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

/** Returns an event with its data, null if its payload has expired. */
export const publishedEvent = (event: Event): PublishedEvent => ({
  ...event,
  data: event.body === null ? null : JSON.parse(event.body).data,
  isHistoryOver: isHistoryOver(event, new Date()),
});

async function requireEvent(
  id: string,
  { tenantId }: Caller,
  { prisma, payloadKeys }: Pick<EventDeps, 'prisma' | 'payloadKeys'>,
): Promise<Event> {
  const event = await findEvent(prisma, { id, tenantId }, payloadKeys);
  if (!event) throw new PosthornError('not_found', { detail: 'Event not found' });
  return event;
}
