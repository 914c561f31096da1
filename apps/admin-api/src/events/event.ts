import type { EventOutcome } from '@posthorn/contract';
import { dataTextOf, encodeId } from '@posthorn/core';
import type { Event, EventSummary } from '@posthorn/database/events/prisma';
import { type Caller, hasScope } from '../access/authenticate.js';
import type { EventDeps } from './deps.js';
import { visibleDataText } from './event-data.js';
import { eventOutcomes } from './event-outcomes.js';
import { hiddenFrom } from '../access/redactions.js';
import { retentionEnd } from './retention-end.js';

/** Returns a function that serializes each of the events with its data, as the caller may see it. */
export async function eventSerializer(
  events: readonly Event[],
  caller: Caller,
  { prisma, history, payloadKeys }: Pick<EventDeps, 'prisma' | 'history' | 'payloadKeys'>,
) {
  const ids = events.map(({ id }) => id);
  const types = events.map(({ type }) => type);
  const [outcomeOf, redactions] = await Promise.all([
    eventOutcomes(ids, caller, { history, payloadKeys }),
    hiddenFrom(caller, prisma, types),
  ]);
  const view = { seesDetails: hasScope(caller, 'webhooks:read'), redactions };
  return (event: Event) => ({
    body: { ...serializeEvent(event, outcomeOf(event.id)), ...retentionEnd(event) },
    dataText:
      event.body === null
        ? 'null'
        : visibleDataText({ type: event.type, dataText: dataTextOf(event.body) }, view),
  });
}

/** Serializes an event without its data. */
export function serializeEvent(event: EventSummary, outcome: EventOutcome) {
  return {
    id: encodeId('event', event.id),
    type: event.type,
    tenantId: encodeId('tenant', event.tenantId),
    occurredAt: event.occurredAt,
    publishedAt: event.publishedAt.toISOString(),
    erased: event.isErased,
    ...outcome,
  };
}
