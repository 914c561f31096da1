import { encodeId, PosthornError } from '@posthorn/core';
import {
  type Event,
  findEvent,
  listDeliveries,
  listEvents as readEvents,
  readExplainFacts,
} from '@posthorn/database/definitions';
import type { ApiDeps } from '../deps.js';
import { explain } from '../explain.js';
import type { Caller } from '../http/authenticate.js';
import type { Handler } from '../http/handler.js';
import { deliveryAnswer } from '../present/delivery-answer.js';
import { pageAnswer } from '../present/page-answer.js';
import { existingTenant } from '../tenancy.js';

export const listEvents: Handler<'listEvents'> = async ({ caller, query }, { definitions }) => {
  const tenantId = await existingTenant(definitions, caller, query.tenantId);
  const page = await readEvents(definitions, { ...query, tenantId }, query);
  return { status: 200, body: pageAnswer(page, listedEvent) };
};

export const getEvent: Handler<'getEvent'> = async ({ caller, params }, deps) => {
  const event = await visibleEvent(params.id, caller, deps);
  const { timestamp, data } = JSON.parse(event.body);
  return { status: 200, body: { ...listedEvent({ ...event, timestamp }), data } };
};

export const listEventDeliveries: Handler<'listEventDeliveries'> = async (
  { caller, params, query },
  deps,
) => {
  const event = await visibleEvent(params.id, caller, deps);
  const filter = { tenantId: event.tenantId, eventId: event.id };
  const page = await listDeliveries(deps.definitions, filter, query);
  return { status: 200, body: pageAnswer(page, deliveryAnswer) };
};

export const explainEvent: Handler<'explainEvent'> = async ({ caller, params, query }, deps) => {
  const event = await visibleEvent(params.id, caller, deps);
  const page = await readExplainFacts(deps.definitions, event, query);
  return {
    status: 200,
    body: pageAnswer(page, (webhook) => ({
      webhookId: encodeId('webhook', webhook.id),
      url: webhook.url,
      status: webhook.status,
      matched: webhook.delivery !== null,
      reason: explain(webhook, event),
      ...(webhook.delivery && { deliveryId: encodeId('delivery', webhook.delivery.id) }),
    })),
  };
};

async function visibleEvent(id: string, { tenantId }: Caller, { definitions }: ApiDeps): Promise<Event> {
  const event = await findEvent(definitions, { id, tenantId });
  if (!event) throw new PosthornError('not_found', { detail: 'there is no such event' });
  return event;
}

function listedEvent(event: Omit<Event, 'body'> & { timestamp: string }) {
  return {
    id: encodeId('event', event.id),
    type: event.type,
    tenantId: encodeId('tenant', event.tenantId),
    timestamp: event.timestamp,
    publishedAt: event.publishedAt.toISOString(),
  };
}
