import { type EventAttributes, type Lane, laneOf, type SearchValue, type TraceContext } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { queryWithTimeout } from '../connection/query-with-timeout.js';
import { deflateBody } from './stored-body.js';
import type { ActiveApiKey } from '../access/find-active-api-keys.js';
import { ACCEPT_ONE } from './accept-one-statement.js';
import { acceptStatementFor } from './accept-statement.js';

export interface NewEvent {
  id: string;
  tenantId: string;
  type: string;
  /** All patterns that match the type. The same for all events of a type. */
  patterns: string[];
  /** The request body as it will be signed and sent. */
  body: string;
  /** A time in the future counts as now, by the clock of PostgreSQL. */
  publishedAt: Date;
  /** The event was pushed to Redis: webhooks activated after `publishedAt` do not match. */
  pushed: boolean;
  idempotencyKey: string | null;
  /** See `eventDigest`. Stored with the idempotency key, of which an event with another digest is no duplicate. Null: any event is one. */
  digest?: string | null;
  /** What the event can be found by. Not stored with the statement for events without rules. */
  searchValues?: readonly SearchValue[];
  /** Null when the trace of the event is not recorded. */
  traceContext?: TraceContext | null;
  /** Null or absent without any. */
  attributes?: EventAttributes | null;
}

export interface AcceptedEvent {
  eventId: string;
  deliveries: NewDelivery[];
}

export interface NewDelivery {
  id: string;
  lane: Lane;
  /** Whether it may have to wait for another one of its chain. */
  isChained: boolean;
  /** What is needed to start it without reading it. Null unless that was requested, and for a delivery with a number. */
  stored: StoredDelivery | null;
}

export interface StoredDelivery {
  webhookId: string;
  /** As in `LoadedDelivery`. */
  webhookVersion: string;
  epoch: number;
  nextAttemptAt: Date;
}

/** Pairs of an event of the batch and a webhook whose filter it matches, as two arrays of the same length. */
export interface FilterMatches {
  eventIds: readonly string[];
  webhookIds: readonly string[];
}

/** The result of evaluating the filters for a batch. */
export interface FilterResults extends FilterMatches {
  /** The revisions of all evaluated filters. */
  revisions: readonly string[];
}

export interface AcceptOptions {
  /** The statement timeout instead of that of the pool, for an event with many deliveries. */
  timeoutMs?: number | null;
  /** Whether to return what is needed to start the deliveries. Of an event with many, it would be most of the result. Default: false. */
  withStored?: boolean;
  /** Whether deliveries of webhooks that number them get numbers. Default: false. */
  hasSequences?: boolean;
}

/** An API key as its process remembers it. */
export type RememberedKey = Pick<ActiveApiKey, 'id' | 'tenantId' | 'scopes'>;

/** The keys with which events were published, if the statement has to check that they are still active and have the same rights. */
export interface KeysToCheck {
  keys: readonly RememberedKey[];
}

/** Nothing was inserted, because these keys are not active or have other rights. */
export interface RefusedKeys {
  refusedKeyIds: string[];
}

const NO_MATCHES: FilterMatches = { eventIds: [], webhookIds: [] };

/**
 * Inserts a batch of events in one transaction, matches them against the active webhooks and creates one delivery per match.
 * Returns new events only: an event whose id or idempotency key already exists is skipped.
 * @returns null, with nothing inserted, if a filter was not evaluated, or if a webhook numbers its deliveries and `hasSequences` is not
 *   set. Without `revisions`, such a filter matches nothing.
 */
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  results: FilterMatches & Partial<FilterResults> & AcceptOptions & KeysToCheck,
): Promise<AcceptedEvent[] | RefusedKeys | null>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  results: FilterResults & AcceptOptions,
): Promise<AcceptedEvent[] | null>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  matches?: FilterMatches & { revisions?: never } & AcceptOptions,
): Promise<AcceptedEvent[]>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  {
    eventIds,
    webhookIds,
    revisions = null,
    timeoutMs = null,
    keys = [],
    withStored = false,
    hasSequences = false,
  }: FilterMatches & { revisions?: readonly string[] | null } & AcceptOptions &
    Partial<KeysToCheck> = NO_MATCHES,
): Promise<AcceptedEvent[] | RefusedKeys | null> {
  const options = { eventIds, webhookIds, revisions, timeoutMs, keys, withStored, hasSequences };
  return accept(pool, events, { ...options, assumeNoRules: false });
}

/**
 * Like `acceptEvents`, for events to which, as far as the caller knows, no rules apply.
 * @returns null, with nothing inserted, if a tenant does not exist, or a type or a webhook has rules
 */
export function acceptEventsWithoutRules(
  pool: pg.Pool,
  events: readonly NewEvent[],
  {
    timeoutMs = null,
    keys = [],
    withStored = false,
    hasSequences = false,
  }: AcceptOptions & Partial<KeysToCheck> = {},
): Promise<AcceptedEvent[] | RefusedKeys | null> {
  const options = { ...NO_MATCHES, revisions: [], timeoutMs, keys, withStored, hasSequences };
  return accept(pool, events, { ...options, assumeNoRules: true });
}

interface StatementOptions extends FilterMatches, KeysToCheck {
  /** Null: filters that were not evaluated match nothing. */
  revisions: readonly string[] | null;
  timeoutMs: number | null;
  assumeNoRules: boolean;
  withStored: boolean;
  hasSequences: boolean;
}

interface Row {
  /** Null if nothing was inserted: the caller's rules are outdated, or a key is refused. */
  event_id: string | null;
  /** The ids of its deliveries to fast or to slow webhooks, joined by commas, or the id of a refused key. */
  ids: string | null;
  slow: boolean | null;
  /** Of each delivery the id, epoch and version of its webhook, separated by spaces; joined by commas. Null unless requested. */
  webhooks: string | null;
  next_attempt_at: Date | null;
  is_chained: boolean | null;
}

async function accept(
  pool: pg.Pool,
  events: readonly NewEvent[],
  options: StatementOptions,
): Promise<AcceptedEvent[] | RefusedKeys | null> {
  const [event] = events;
  if (!event) return [];
  const statement = isPlain(events, options)
    ? acceptOne(pool, event, options)
    : acceptBatch(pool, events, options);
  const { timeoutMs } = options;
  const { rows } =
    timeoutMs === null
      ? await pool.query<Row>(statement)
      : await queryWithTimeout<Row>(pool, statement, timeoutMs);
  const [first] = rows;
  return first?.event_id === null ? reasonIn(rows) : groupByEvent(rows);
}

/** Returns whether `ACCEPT_ONE` accepts these events. */
const isPlain = (
  [event, ...others]: readonly NewEvent[],
  { assumeNoRules, hasSequences, keys }: StatementOptions,
): boolean =>
  assumeNoRules && !hasSequences && others.length === 0 && event?.idempotencyKey === null && keys.length <= 1;

function acceptOne(
  pool: pg.Pool,
  event: NewEvent,
  { keys: [key], withStored }: StatementOptions,
): pg.QueryConfig {
  const deflated = deflateBody(event.body);
  return preparedStatement(pool, 'accept-one-event', ACCEPT_ONE, [
    event.id,
    event.tenantId,
    event.type,
    deflated ? null : event.body,
    deflated,
    event.publishedAt.toISOString(),
    event.pushed,
    event.patterns,
    key?.id ?? null,
    key ? rightsOf(key) : null,
    contextOf(event),
    withStored,
  ]);
}

function acceptBatch(
  pool: pg.Pool,
  events: readonly NewEvent[],
  { eventIds, webhookIds, revisions, keys, assumeNoRules, withStored, hasSequences }: StatementOptions,
): pg.QueryConfig {
  const patterns = patternsByType(events);
  const deflated = events.map(({ body }) => deflateBody(body));
  const indexed = events.flatMap(({ id, searchValues = [] }) =>
    searchValues.map(({ digest, pointer }) => ({ eventId: id, digest, pointer })),
  );
  const hasKeys = events.some(({ idempotencyKey }) => idempotencyKey !== null);
  const values = [
    events.map((event) => event.id),
    events.map((event) => event.tenantId),
    events.map((event) => event.type),
    JSON.stringify(events.map((event, index) => (deflated[index] ? null : event.body))),
    events.map((event) => event.publishedAt.toISOString()),
    events.map((event) => event.pushed),
    events.map((event) => event.idempotencyKey),
    patterns.map(([type]) => type),
    patterns.map(([, pattern]) => pattern),
    revisions,
    contextsOf(events),
    assumeNoRules,
    keys.map(({ id }) => id),
    keys.map(rightsOf),
    deflated,
    hasKeys ? events.map(({ digest = null }) => digest) : [],
    withStored,
    ...(eventIds.length > 0 ? [eventIds, webhookIds] : []),
    ...(indexed.length > 0
      ? [
          indexed.map(({ eventId }) => eventId),
          indexed.map(({ digest }) => digest),
          indexed.map(({ pointer }) => pointer),
        ]
      : []),
  ];
  const { name, text } = acceptStatementFor({
    hasKeys,
    hasFilters: eventIds.length > 0,
    hasSearchValues: indexed.length > 0,
    hasSequences,
  });
  return preparedStatement(pool, name, text, values);
}

/** Returns why nothing was inserted: the refused keys, or null for outdated rules. */
function reasonIn(rows: readonly Row[]): RefusedKeys | null {
  const refusedKeyIds = rows.flatMap(({ ids }) => ids ?? []);
  return refusedKeyIds.length > 0 ? { refusedKeyIds } : null;
}

/** Formats the rights of a key like the statement, which compares them. */
const rightsOf = ({ tenantId, scopes }: RememberedKey): string =>
  (tenantId === null ? scopes : [tenantId, ...scopes]).join(' ');

function groupByEvent(rows: readonly Row[]): AcceptedEvent[] {
  const accepted = new Map<string, NewDelivery[]>();
  for (const row of rows) {
    const { event_id: eventId, ids, slow, is_chained: isChained } = row;
    if (eventId === null) continue;
    const deliveries = accepted.get(eventId) ?? [];
    accepted.set(eventId, deliveries);
    if (ids === null) continue;
    const lane = laneOf({ webhookIsSlow: slow ?? false, attemptCount: 0, replayed: false });
    const stored = storedIn(row);
    for (const [index, id] of ids.split(',').entries())
      deliveries.push({ id, lane, isChained: isChained ?? false, stored: stored[index] ?? null });
  }
  return Array.from(accepted, ([eventId, deliveries]) => ({ eventId, deliveries }));
}

/** Returns what is needed to start each delivery of a row; nothing unless it was requested. */
function storedIn({ webhooks, next_attempt_at: nextAttemptAt }: Row): StoredDelivery[] {
  if (webhooks === null || nextAttemptAt === null) return [];
  return webhooks.split(',').map((webhook) => {
    const [webhookId = '', epoch, webhookVersion = ''] = webhook.split(' ');
    return { webhookId, webhookVersion, epoch: Number(epoch), nextAttemptAt };
  });
}

/** Returns JSON texts, or an empty array if no event has a context: missing elements are NULL in the statement. */
function contextsOf(events: readonly NewEvent[]): (string | null)[] {
  const contexts = events.map(contextOf);
  return contexts.every((context) => context === null) ? [] : contexts;
}

const contextOf = ({ traceContext, attributes }: NewEvent): string | null =>
  traceContext || attributes ? JSON.stringify({ ...traceContext, ...attributes }) : null;

function patternsByType(events: readonly NewEvent[]): [type: string, pattern: string][] {
  const byType = new Map(events.map(({ type, patterns }) => [type, patterns]));
  return [...byType].flatMap(([type, patterns]) =>
    patterns.map((pattern): [string, string] => [type, pattern]),
  );
}
