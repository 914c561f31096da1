import {
  derivedId,
  encodeId,
  type EventAttributes,
  eventDigest,
  newId,
  orderingKeyAt,
  patternsMatching,
  type SearchValue,
  searchValuesIn,
  withDataText,
} from '@posthorn/core';
import type { NewEvent } from '@posthorn/database/events';
import type { IncomingEvent } from './incoming-event.js';
import type { FanOutTrace } from './trace-fan-out.js';

/** An event that waits for its batch, with its data as JSON text: for its size, and for the body. */
export interface PendingEvent {
  event: IncomingEvent;
  dataText: string;
  trace: FanOutTrace | null;
  /** The call that it is part of, which is another one when it is submitted again. */
  call: SubmittedCall;
}

/** The events of one call that were submitted together. */
export interface SubmittedCall {
  /** Whether one of them was deferred. Later ones must not overtake it where order matters. */
  hasDeferred: boolean;
}

/** An event that is ready to be stored, with the data that filters are evaluated against. */
export interface CandidateEvent extends NewEvent {
  data: unknown;
}

/** Returns an event that waits. Its trace begins when it is admitted. */
export function pendingEvent(event: IncomingEvent): PendingEvent {
  return {
    event,
    dataText: event.dataText ?? JSON.stringify(event.data),
    trace: null,
    call: { hasDeferred: false },
  };
}

/** PostgreSQL and ISO 8601 have no later times. */
const LATEST_TIME = new Date('9999-12-31T00:00:00Z');

const NO_SEARCH_VALUES: readonly SearchValue[] = [];

/** What the id of an event depends on. */
export interface IdentityOptions {
  now: Date;
  /** The original ids of those pushes that were stored with them. */
  storedIds?: ReadonlySet<string>;
  /** The ids derived from idempotency keys so far in this batch. A repetition gets another id, and its key makes it a duplicate. */
  keyIds?: Set<string>;
  /** Derived ids that belong to erased events. */
  erasedIds?: ReadonlySet<string>;
  /** Whether the originals of the events have expired or are erased, so that no id is derived from a key. Default: false. */
  isRepeat?: boolean;
}

/** Where values are in the data of an event of a type. */
interface DataPointers {
  searchKeys?: readonly string[] | undefined;
  orderingPointer?: string | undefined;
}

/** Composes the event to store: its id, its time, its patterns, the body as it will be signed and sent, and what it is found by. */
export function composeEvent(
  pending: PendingEvent,
  identity: IdentityOptions,
  { searchKeys, orderingPointer }: DataPointers = {},
): CandidateEvent {
  const { event } = pending;
  const { now } = identity;
  // PostgreSQL, whose clock also measures the times of webhooks, limits it to now. A slow clock of this process would backdate the event.
  const publishedAt = event.pushed && event.pushed.at < LATEST_TIME ? event.pushed.at : now;
  const { id, idempotencyKey } = identityOf(event, identity);
  return {
    id,
    tenantId: event.tenantId,
    type: event.type,
    patterns: patternsMatching(event.type),
    body: composeBody(pending, {
      id,
      timestamp: event.occurredAt ?? (publishedAt < now ? publishedAt : now),
    }),
    publishedAt,
    pushed: event.pushed !== null,
    idempotencyKey,
    digest: event.idempotencyKey === null ? null : eventDigest(event.type, pending.dataText),
    searchValues: searchKeys ? searchValuesIn(pending.dataText, searchKeys) : NO_SEARCH_VALUES,
    traceContext: pending.trace?.context ?? null,
    attributes: attributesOf(pending, orderingPointer),
    data: event.data,
  };
}

/** Returns the attributes of an event. The ordering key of its publisher takes precedence over the one in its data. */
function attributesOf({ event, dataText }: PendingEvent, orderingPointer?: string): EventAttributes | null {
  const attributes = event.attributes ?? null;
  if (orderingPointer === undefined || attributes?.orderingKey !== undefined) return attributes;
  const orderingKey = orderingKeyAt(dataText, orderingPointer);
  return orderingKey === null ? attributes : { ...attributes, orderingKey };
}

function composeBody(
  { event, dataText }: PendingEvent,
  { id, timestamp }: { id: string; timestamp: Date },
): string {
  const head = { id: encodeId('event', id), type: event.type, timestamp: timestamp.toISOString() };
  return withDataText(JSON.stringify(head), dataText);
}

/** The id of a push derives from its own time, so that reading it again gives the same id or the same key. */
function identityOf(
  event: IncomingEvent,
  { now, storedIds, keyIds, erasedIds, isRepeat = false }: IdentityOptions,
): Pick<NewEvent, 'id' | 'idempotencyKey'> {
  const { pushed, idempotencyKey } = event;
  if (pushed?.keepsDay) return { id: derivedId(pushed.id, pushed.at.getTime()), idempotencyKey };
  const keyId = isRepeat ? null : idOfKey(event, now);
  if (keyId !== null && keyIds?.has(keyId) !== true && erasedIds?.has(keyId) !== true) {
    keyIds?.add(keyId);
    return { id: keyId, idempotencyKey };
  }
  if (!pushed) return { id: newId(), idempotencyKey };
  const original = originalIdOf(event, now);
  if (original !== null && storedIds?.has(original)) return { id: original, idempotencyKey: null };
  const id = derivedId(pushed.id, idTimeMs(pushed.at, now));
  return { id, idempotencyKey: idempotencyKey ?? pushKey(pushed, now) };
}

/**
 * Returns the id of an event with an idempotency key that occurred yesterday or today, or null. If PostgreSQL loses the event with its
 * key, as in a failover, the same event that is published again gets the same id, by which receivers recognize it.
 */
function idOfKey({ tenantId, idempotencyKey, occurredAt }: IncomingEvent, now: Date): string | null {
  if (idempotencyKey === null || occurredAt === null) return null;
  const atMs = occurredAt.getTime();
  if (atMs < yesterdayMs(now) || atMs > now.getTime() + MAX_AHEAD_MS) return null;
  return derivedId(`key\n${tenantId}\n${idempotencyKey}`, atMs);
}

/**
 * Returns the id that a push from before yesterday has if it was stored in time, without a key. It is read again if a producer was
 * killed and none has run since. Null for other events.
 */
export function originalIdOf({ pushed, idempotencyKey }: IncomingEvent, now: Date): string | null {
  if (!pushed || idempotencyKey !== null || pushed.at.getTime() >= yesterdayMs(now)) return null;
  return derivedId(pushed.id, pushed.at.getTime());
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far the clock of a publisher may be ahead for ids derived from keys, in milliseconds. */
const MAX_AHEAD_MS = 60_000;

const yesterdayMs = (now: Date): number => now.getTime() - (now.getTime() % DAY_MS) - DAY_MS;

/**
 * Returns the time in the id of a pushed event, which also decides the daily partition of the event. It is the time of
 * the push, so that reading the push again gives the same id. A client's clock may be up to a day fast. Pushes from before
 * yesterday go into yesterday's partition and expire with it.
 */
function idTimeMs(pushedAt: Date, now: Date): number {
  if (pushedAt.getTime() > now.getTime() + DAY_MS) return now.getTime();
  return Math.max(pushedAt.getTime(), yesterdayMs(now));
}

/**
 * Returns an idempotency key for a push whose id has another time than the push, so that the push creates one event even if it
 * is read again on another day. A push dated ahead gets one too: it may have been more than a day ahead when it was first read.
 * Contains a control character: a publisher's key cannot be equal.
 */
function pushKey(pushed: NonNullable<IncomingEvent['pushed']>, now: Date): string | null {
  const isAhead = pushed.at.getTime() > now.getTime() + HOUR_MS;
  if (!isAhead && idTimeMs(pushed.at, now) === pushed.at.getTime()) return null;
  return `push\n${derivedId(pushed.id, 0)}`;
}
