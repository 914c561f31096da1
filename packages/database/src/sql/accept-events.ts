import { type Lane, laneOf, type TraceContext } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connect.js';
import { queryWithTimeout } from '../query-with-timeout.js';
import { acceptStatementFor } from './fragments/accept-statement.js';

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
  /** Null when the trace of the event is not recorded. */
  traceContext?: TraceContext | null;
}

export interface AcceptedEvent {
  eventId: string;
  deliveries: NewDelivery[];
}

export interface NewDelivery {
  id: string;
  lane: Lane;
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

export interface AcceptTimeout {
  /** The statement timeout instead of that of the pool, for an event with many deliveries. */
  timeoutMs?: number | null;
}

const NO_MATCHES: FilterMatches = { eventIds: [], webhookIds: [] };

/**
 * Inserts a batch of events in one transaction, matches them against the active webhooks and creates one delivery per match.
 * Returns new events only: an event whose id or idempotency key already exists is skipped.
 * @returns null, with nothing inserted, if a filter was not evaluated. Without `revisions`, such a filter matches nothing.
 */
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  results: FilterResults & AcceptTimeout,
): Promise<AcceptedEvent[] | null>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  matches?: FilterMatches & { revisions?: never } & AcceptTimeout,
): Promise<AcceptedEvent[]>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  {
    eventIds,
    webhookIds,
    revisions = null,
    timeoutMs = null,
  }: FilterMatches & { revisions?: readonly string[] | null } & AcceptTimeout = NO_MATCHES,
): Promise<AcceptedEvent[] | null> {
  return accept(pool, events, { eventIds, webhookIds, revisions, timeoutMs, assumeNoRules: false });
}

/**
 * Like `acceptEvents`, for events to which, as far as the caller knows, no rules apply.
 * @returns null, with nothing inserted, if a tenant does not exist, a type has a schema, or a webhook has a filter
 */
export function acceptEventsWithoutRules(
  pool: pg.Pool,
  events: readonly NewEvent[],
  { timeoutMs = null }: AcceptTimeout = {},
): Promise<AcceptedEvent[] | null> {
  return accept(pool, events, { ...NO_MATCHES, revisions: [], timeoutMs, assumeNoRules: true });
}

interface AcceptOptions extends FilterMatches {
  /** Null: filters that were not evaluated match nothing. */
  revisions: readonly string[] | null;
  timeoutMs: number | null;
  assumeNoRules: boolean;
}

interface Row {
  /** Null if the caller's rules are outdated. */
  event_id: string | null;
  delivery_id: string | null;
  slow: boolean | null;
}

async function accept(
  pool: pg.Pool,
  events: readonly NewEvent[],
  { eventIds, webhookIds, revisions, timeoutMs, assumeNoRules }: AcceptOptions,
): Promise<AcceptedEvent[] | null> {
  if (events.length === 0) return [];
  const patterns = patternsByType(events);
  const values = [
    events.map((event) => event.id),
    events.map((event) => event.tenantId),
    events.map((event) => event.type),
    JSON.stringify(events.map((event) => event.body)),
    events.map((event) => event.publishedAt.toISOString()),
    events.map((event) => event.pushed),
    events.map((event) => event.idempotencyKey),
    patterns.map(([type]) => type),
    patterns.map(([, pattern]) => pattern),
    revisions,
    traceContexts(events),
    assumeNoRules,
    ...(eventIds.length > 0 ? [eventIds, webhookIds] : []),
  ];
  const { name, text } = acceptStatementFor({
    hasKeys: events.some(({ idempotencyKey }) => idempotencyKey !== null),
    hasFilters: eventIds.length > 0,
  });
  const statement = preparedStatement(pool, name, text, values);
  const { rows } =
    timeoutMs === null
      ? await pool.query<Row>(statement)
      : await queryWithTimeout<Row>(pool, statement, timeoutMs);
  return groupByEvent(rows);
}

/** Returns null if the statement reported outdated rules. */
function groupByEvent(rows: readonly Row[]): AcceptedEvent[] | null {
  const accepted = new Map<string, NewDelivery[]>();
  for (const { event_id: eventId, delivery_id: id, slow } of rows) {
    if (eventId === null) return null;
    const deliveries = accepted.get(eventId) ?? [];
    const lane = laneOf({ webhookIsSlow: slow ?? false, attemptCount: 0, replayed: false });
    if (id !== null) deliveries.push({ id, lane });
    accepted.set(eventId, deliveries);
  }
  return Array.from(accepted, ([eventId, deliveries]) => ({ eventId, deliveries }));
}

/** Returns JSON texts, or an empty array if no trace is recorded: missing elements are NULL in the statement. */
function traceContexts(events: readonly NewEvent[]): (string | null)[] {
  if (events.every((event) => !event.traceContext)) return [];
  return events.map(({ traceContext }) => (traceContext ? JSON.stringify(traceContext) : null));
}

function patternsByType(events: readonly NewEvent[]): [type: string, pattern: string][] {
  const byType = new Map(events.map(({ type, patterns }) => [type, patterns]));
  return [...byType].flatMap(([type, patterns]) =>
    patterns.map((pattern): [string, string] => [type, pattern]),
  );
}
