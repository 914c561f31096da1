import { cooperativeYield, keyedDigest, type SearchValue } from '@posthorn/core';
import type { DataKey } from '../encryption/data-keys.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import { occurredAtOf } from './occurred-at.js';
import type { NewEvent } from './new-event.js';
import { sealBody } from './sealed-body.js';
import { deflateBody, type StoredBody } from './stored-body.js';

/** How the events of a batch are stored. */
export interface AcceptedForm {
  /** The events, with the digests of their search values as they are stored. */
  events: readonly NewEvent[];
  /** Of each event. */
  bodies: readonly StoredBody[];
  /** JSON texts, null for an event without one. */
  contexts: readonly (string | null)[];
  /** The data keys that sealed them, which must exist. Null if they are not sealed. */
  keyIds: readonly string[] | null;
}

export function plainForm(events: readonly NewEvent[]): AcceptedForm {
  return {
    events,
    bodies: events.map(({ body }) => {
      const deflatedBody = deflateBody(body);
      return { body: deflatedBody ? null : body, deflatedBody };
    }),
    contexts: events.map((event) => contextOf(event)),
    keyIds: null,
  };
}

/** Returns the sealed form of events, or null if the tenant of one does not exist. Yields between bodies, which may be large. */
export async function sealedForm(
  events: readonly NewEvent[],
  payloadKeys: PayloadKeys,
): Promise<AcceptedForm | null> {
  const keys = await payloadKeys.forPayloads(events.map(({ tenantId }) => tenantId));
  const searchKeys = await payloadKeys.forSearchValues(
    events.flatMap(({ tenantId, searchValues = [] }) => (searchValues.length > 0 ? tenantId : [])),
  );
  const bodies: StoredBody[] = [];
  const yielder = cooperativeYield();
  for (const { id: eventId, tenantId, body } of events) {
    const key = keys.get(tenantId);
    if (!key) return null;
    bodies.push({ body: null, deflatedBody: sealBody(body, { key, eventId }) });
    if (yielder.tick()) await yielder.yield();
  }
  return {
    events: events.map((event) => withKeyedValues(event, searchKeys)),
    bodies,
    contexts: events.map((event) =>
      // Lists do not open bodies.
      contextOf(event, occurredAtOf({ body: event.body, deflatedBody: null }, event.publishedAt)),
    ),
    keyIds: [...keys.values(), ...searchKeys.values()].map(({ id }) => id),
  };
}

function withKeyedValues(event: NewEvent, searchKeys: ReadonlyMap<string, DataKey>): NewEvent {
  const { searchValues = [], tenantId } = event;
  const key = searchKeys.get(tenantId);
  if (!key) return searchValues.length === 0 ? event : { ...event, searchValues: [] };
  const keyed = searchValues.map(({ digest, pointer }): SearchValue => ({
    digest: keyedDigest(digest, key.key),
    pointer,
  }));
  return { ...event, searchValues: keyed };
}

function contextOf({ traceContext, attributes }: NewEvent, occurredAt?: string): string | null {
  if (!traceContext && !attributes && occurredAt === undefined) return null;
  return JSON.stringify({ ...traceContext, ...attributes, occurredAt });
}
