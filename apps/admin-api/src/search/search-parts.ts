import type { SearchKind, SearchResultResponse } from '@posthorn/contract';
import { decodeId, encodeId, type IdKind, parseUrl, type Scope, searchDigest } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import {
  findById,
  type FoundEvent,
  type FoundResource,
  searchEventsById,
  searchEventsByIdempotencyKey,
  searchEventsByValue,
  searchEventTypes,
  type SearchScope,
  searchTenants,
  searchWebhooks,
} from '@posthorn/database/search';
import { seesPayloads } from '../access/redactions.js';
import { allowsFeature, type Caller, hasScope } from '../access/authenticate.js';

/** One of the lookups of a search. Its results are of one kind. */
export interface SearchPart {
  kind: SearchKind;
  find: (pool: Pool, scope: SearchScope) => Promise<SearchResultResponse[]>;
}

/** Event types have a name instead of an id. */
type KindWithId = Exclude<SearchKind, 'event_type'>;

/** The kind of result that each kind of id leads to, and the scope that it requires. */
type SearchedId = Exclude<IdKind, 'erasure' | 'person'>;

const OF_ID: Record<SearchedId, { kind: KindWithId; scope: Scope }> = {
  webhook: { kind: 'webhook', scope: 'webhooks:read' },
  signingSecret: { kind: 'webhook', scope: 'webhooks:read' },
  signingKey: { kind: 'webhook', scope: 'webhooks:read' },
  event: { kind: 'event', scope: 'events:read' },
  delivery: { kind: 'delivery', scope: 'deliveries:read' },
  attempt: { kind: 'delivery', scope: 'deliveries:read' },
  replay: { kind: 'replay', scope: 'deliveries:read' },
  recovery: { kind: 'recovery', scope: 'deliveries:read' },
  rejectedEvent: { kind: 'rejected_event', scope: 'events:read' },
  tenant: { kind: 'tenant', scope: 'admin:read' },
  apiKey: { kind: 'api_key', scope: 'admin:read' },
  auditEntry: { kind: 'audit_entry', scope: 'admin:read' },
};

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
const ID_KINDS = Object.keys(OF_ID) as SearchedId[];

/** The kind of id that each kind of result has. */
const ID_OF: Record<KindWithId, IdKind> = {
  webhook: 'webhook',
  tenant: 'tenant',
  event: 'event',
  delivery: 'delivery',
  replay: 'replay',
  recovery: 'recovery',
  rejected_event: 'rejectedEvent',
  api_key: 'apiKey',
  audit_entry: 'auditEntry',
};

/** Returns the lookups that may find a text and that the caller may make, in the order of their results. */
export function searchParts(q: string, caller: Caller, payloadKeys: PayloadKeys): SearchPart[] {
  const text = q.replace(/^ext:(?=.)/, '');
  const parts: (SearchPart | false)[] = [
    ...byId(q, caller),
    hasScope(caller, 'webhooks:read') && webhooksByText(text),
    hasScope(caller, 'admin:read') && caller.tenantId === null && tenantsByName(text),
    mayReadEventTypes(caller) && eventTypesByName(q),
    hasScope(caller, 'events:read') && eventsByIdempotencyKey(q),
    hasScope(caller, 'events:read') && eventsByValue(q, { redacts: !seesPayloads(caller), payloadKeys }),
  ];
  return parts.filter((part) => part !== false);
}

const mayReadEventTypes = (caller: Caller): boolean =>
  (hasScope(caller, 'events:read') || hasScope(caller, 'webhooks:read')) && allowsFeature(caller, 'catalog');

function byId(q: string, caller: Caller): SearchPart[] {
  return ID_KINDS.flatMap((idKind) => {
    const id = decodeId(idKind, q);
    const { kind, scope } = OF_ID[idKind];
    if (id === null || !hasScope(caller, scope)) return [];
    if (idKind === 'event') return eventsById(id);
    return {
      kind,
      async find(pool, scopeOfSearch) {
        const found = await findById(pool, { kind: idKind, id }, scopeOfSearch);
        return found ? [resultOf(kind, found, { matchedBy: 'id' })] : [];
      },
    };
  });
}

/** Returns a URL, or the beginning of one, as URLs are stored: `HTTPS://Hooks.exam` becomes `https://hooks.exam`. */
function normalizedUrl(q: string): string | null {
  const href = parseUrl(q)?.href ?? null;
  return q.endsWith('/') ? href : (href?.replace(/\/$/, '') ?? null);
}

const webhooksByText = (q: string): SearchPart => ({
  kind: 'webhook',
  async find(pool, scope) {
    const found = await searchWebhooks(pool, normalizedUrl(q) ?? q, scope);
    return found.map(({ url, matchedBy, ...webhook }) =>
      resultOf('webhook', { ...webhook, title: url }, { matchedBy }),
    );
  },
});

const tenantsByName = (q: string): SearchPart => ({
  kind: 'tenant',
  async find(pool, scope) {
    const found = await searchTenants(pool, q, scope);
    return found.map(({ name, matchedBy, ...tenant }) =>
      resultOf('tenant', { ...tenant, tenantId: tenant.id, title: name }, { matchedBy }),
    );
  },
});

const eventTypesByName = (q: string): SearchPart => ({
  kind: 'event_type',
  async find(pool, scope) {
    const found = await searchEventTypes(pool, q, scope);
    return found.map(({ name, createdAt }) => ({
      kind: 'event_type',
      id: name,
      tenantId: null,
      title: name,
      matchedBy: 'name',
      searchKey: null,
      description: null,
      webhookId: null,
      eventId: null,
      createdAt: createdAt.toISOString(),
      occurredAt: null,
      publishedAt: null,
    }));
  },
});

const eventsById = (id: string): SearchPart => ({
  kind: 'event',
  async find(pool, scope) {
    const found = await searchEventsById(pool, id, scope);
    return found.map((event) => resultOfEvent(event, { matchedBy: 'id' }));
  },
});

const eventsByIdempotencyKey = (q: string): SearchPart => ({
  kind: 'event',
  async find(pool, scope) {
    const found = await searchEventsByIdempotencyKey(pool, q, scope);
    return found.map((event) => resultOfEvent(event, { matchedBy: 'idempotency_key' }));
  },
});

function eventsByValue(
  q: string,
  { redacts, payloadKeys }: { redacts: boolean; payloadKeys: PayloadKeys },
): SearchPart | false {
  const digest = searchDigest(q);
  if (digest === null) return false;
  return {
    kind: 'event',
    async find(pool, scope) {
      const digests = (await payloadKeys.searchDigests(scope.tenantId))(digest);
      const found = await searchEventsByValue(pool, { digests, redacts }, scope);
      return found.map((event) => resultOfEvent(event, { matchedBy: 'payload', searchKey: event.pointer }));
    },
  };
}

type Match = Pick<SearchResultResponse, 'matchedBy'> & Partial<Pick<SearchResultResponse, 'searchKey'>>;

const resultOfEvent = (
  { id, tenantId, type, occurredAt, publishedAt }: FoundEvent,
  match: Match,
): SearchResultResponse => ({
  ...resultOf('event', { id, tenantId, title: type, createdAt: publishedAt }, match),
  occurredAt,
  publishedAt: publishedAt.toISOString(),
});

function resultOf(
  kind: KindWithId,
  resource: Omit<FoundResource, 'description' | 'webhookId' | 'eventId'> &
    Partial<Pick<FoundResource, 'description' | 'webhookId' | 'eventId'>>,
  { matchedBy, searchKey = null }: Match,
): SearchResultResponse {
  const { id, tenantId, title, description = null, webhookId = null, eventId = null, createdAt } = resource;
  return {
    kind,
    id: encodeId(ID_OF[kind], id),
    tenantId: tenantId && encodeId('tenant', tenantId),
    title,
    matchedBy,
    searchKey,
    description,
    webhookId: webhookId && encodeId('webhook', webhookId),
    eventId: eventId && encodeId('event', eventId),
    createdAt: createdAt.toISOString(),
    occurredAt: null,
    publishedAt: null,
  };
}
