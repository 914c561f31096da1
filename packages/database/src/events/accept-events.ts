import { idTimeMs } from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { queryWithTimeout } from '../connection/query-with-timeout.js';
import type { AcceptValues } from './accept-parameters.js';
import {
  isApart,
  isRetained,
  NO_PAYLOAD_VALUES,
  payloadValues,
  searchValueArrays,
} from './accept-payloads.js';
import { type AcceptedForm, plainForm, sealedForm } from './accepted-form.js';
import type { ActiveApiKey } from '../access/find-active-api-keys.js';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../encryption/payload-keys.js';
import { acceptOneStatement } from './accept-one-statement.js';
import type { CreatedDeliveries, ErasedIds, RefusedKeys } from './created-deliveries.js';
import { acceptStatementFor } from './accept-statement.js';
import { type AcceptedRow, erasedIdsIn, groupByEvent, reasonIn } from './accepted-rows.js';
import type { NewEvent } from './new-event.js';
import { TIMELY_MS } from '../usage/timely.js';

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

interface AcceptOptions {
  /** The statement timeout instead of that of the pool, for an event with many deliveries. */
  timeoutMs?: number | null;
  /** Whether to return what is needed to start the deliveries. Of an event with many, it would be most of the result. Default: false. */
  withStored?: boolean;
  /** Whether deliveries of webhooks that number them get numbers. Default: false. */
  hasSequences?: boolean;
  /** They seal the events, if they encrypt. Default: none do. */
  payloadKeys?: PayloadKeys;
}

/** An API key as its process remembers it. */
export type RememberedKey = Pick<ActiveApiKey, 'id' | 'rights'>;

/** The keys with which events were published, if the statement has to check that they are still active and have the same rights. */
export interface KeysToCheck {
  keys: readonly RememberedKey[];
}

const NO_MATCHES: FilterMatches = { eventIds: [], webhookIds: [] };

/**
 * Inserts a batch of events in one transaction, matches them against the active webhooks and creates one delivery per match.
 * Returns new events only: an event whose id or idempotency key already exists is skipped. The key of an event that has expired, or is
 * erased, is free. With `hasSequences`, the ids of erased events are refused.
 * @returns null, with nothing inserted, if a filter was not evaluated, a data key no longer exists, or a webhook numbers its deliveries and
 *   `hasSequences` is not set. Without `revisions`, such a filter matches nothing.
 */
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  results: FilterMatches & Partial<FilterResults> & AcceptOptions & KeysToCheck,
): Promise<CreatedDeliveries[] | RefusedKeys | ErasedIds | null>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  results: FilterResults & AcceptOptions,
): Promise<CreatedDeliveries[] | null>;
export async function acceptEvents(
  pool: pg.Pool,
  events: readonly NewEvent[],
  matches?: FilterMatches & { revisions?: never } & AcceptOptions,
): Promise<CreatedDeliveries[]>;
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
    payloadKeys = NO_PAYLOAD_KEYS,
  }: FilterMatches & { revisions?: readonly string[] | null } & AcceptOptions &
    Partial<KeysToCheck> = NO_MATCHES,
): Promise<CreatedDeliveries[] | RefusedKeys | ErasedIds | null> {
  const options = { eventIds, webhookIds, revisions, timeoutMs, keys, withStored, hasSequences, payloadKeys };
  return accept(pool, events, { ...options, assumeNoRules: false });
}

/**
 * Like `acceptEvents`, for events to which, as far as the caller knows, no rules apply.
 * @returns null, with nothing inserted, if a tenant or a data key does not exist, or a type or a webhook has rules
 */
export function acceptEventsWithoutRules(
  pool: pg.Pool,
  events: readonly NewEvent[],
  {
    timeoutMs = null,
    keys = [],
    withStored = false,
    hasSequences = false,
    payloadKeys = NO_PAYLOAD_KEYS,
  }: AcceptOptions & Partial<KeysToCheck> = {},
): Promise<CreatedDeliveries[] | RefusedKeys | ErasedIds | null> {
  const options = { ...NO_MATCHES, revisions: [], timeoutMs, keys, withStored, hasSequences, payloadKeys };
  return accept(pool, events, { ...options, assumeNoRules: true });
}

interface StatementOptions extends FilterMatches, KeysToCheck {
  /** Null: filters that were not evaluated match nothing. */
  revisions: readonly string[] | null;
  timeoutMs: number | null;
  assumeNoRules: boolean;
  withStored: boolean;
  hasSequences: boolean;
  payloadKeys: PayloadKeys;
}

async function accept(
  pool: pg.Pool,
  events: readonly NewEvent[],
  options: StatementOptions,
): Promise<CreatedDeliveries[] | RefusedKeys | ErasedIds | null> {
  const { payloadKeys } = options;
  if (events.length === 0) return [];
  if (!payloadKeys.encrypts) return acceptForm(pool, plainForm(events), options);
  const form = await sealedForm(events, payloadKeys);
  const accepted = form && (await acceptForm(pool, form, options));
  // A data key may no longer exist, as after a failover. The caller tries again.
  if (accepted === null) payloadKeys.forget(events.map(({ tenantId }) => tenantId));
  return accepted;
}

async function acceptForm(
  pool: pg.Pool,
  form: AcceptedForm,
  options: StatementOptions,
): Promise<CreatedDeliveries[] | RefusedKeys | ErasedIds | null> {
  const statement = isPlain(form.events, options)
    ? acceptOne(pool, form, options)
    : acceptBatch(pool, form, options);
  const { timeoutMs } = options;
  try {
    const { rows } =
      timeoutMs === null
        ? await pool.query<AcceptedRow>(statement)
        : await queryWithTimeout<AcceptedRow>(pool, statement, timeoutMs);
    const [first] = rows;
    return first?.event_id === null ? reasonIn(rows) : groupByEvent(rows);
  } catch (error) {
    return erasedIdsIn(error);
  }
}

/** Returns whether the statement for one event accepts these events. */
const isPlain = (
  [event, ...others]: readonly NewEvent[],
  { assumeNoRules, hasSequences, keys }: StatementOptions,
): boolean =>
  assumeNoRules &&
  !hasSequences &&
  others.length === 0 &&
  event?.idempotencyKey === null &&
  keys.length <= 1 &&
  !mayBeLate(event);

/** The statement for one event accepts none that is older than a minute by the clock of PostgreSQL. */
const mayBeLate = ({ id }: NewEvent): boolean => idTimeMs(id) < Date.now() - TIMELY_MS / 2;

function acceptOne(
  pool: pg.Pool,
  form: AcceptedForm,
  { keys: [key], withStored }: StatementOptions,
): pg.QueryConfig {
  const { name, text, values } = acceptOneStatement(form, { key, withStored });
  return preparedStatement(pool, name, text, values);
}

function acceptBatch(
  pool: pg.Pool,
  { events, bodies, contexts, keyIds }: AcceptedForm,
  { eventIds, webhookIds, revisions, keys, assumeNoRules, withStored, hasSequences }: StatementOptions,
): pg.QueryConfig {
  const patterns = patternsByType(events);
  const [foundEventIds, foundDigests, foundPointers] = searchValueArrays(
    events.filter((event) => !isApart(event)),
  );
  const hasSearchValues = foundEventIds.length > 0;
  const retained = events.filter(isRetained);
  const payload = retained.length > 0 ? payloadValues(retained) : NO_PAYLOAD_VALUES;
  const hasKeys = events.some(({ idempotencyKey }) => idempotencyKey !== null);
  const values: AcceptValues = {
    ids: events.map((event) => event.id),
    tenantIds: events.map((event) => event.tenantId),
    types: events.map((event) => event.type),
    bodies: JSON.stringify(bodies.map(({ body }) => body)),
    publishedAts: events.map((event) => event.publishedAt.toISOString()),
    pushed: events.map((event) => event.pushed),
    idempotencyKeys: events.map((event) => event.idempotencyKey),
    patternTypes: patterns.map(([type]) => type),
    patterns: patterns.map(([, pattern]) => pattern),
    revisions,
    contexts: contexts.every((context) => context === null) ? [] : contexts,
    assumeNoRules,
    apiKeyIds: keys.map(({ id }) => id),
    apiKeyRights: keys.map(({ rights }) => rights),
    deflatedBodies: bodies.map(({ deflatedBody }) => deflatedBody),
    digests: hasKeys ? events.map(({ digest = null }) => digest) : [],
    withStored,
    matchedEventIds: eventIds,
    matchedWebhookIds: webhookIds,
    foundEventIds,
    foundDigests,
    foundPointers,
    retainedIds: payload.retainedIds,
    payloadDays: payload.payloadDays,
    occurredAts: payload.occurredAts,
    historyDays: payload.historyDays,
    apartEventIds: payload.apartEventIds,
    apartDigests: payload.apartDigests,
    apartPointers: payload.apartPointers,
    dataKeyIds: keyIds,
  };
  const { name, text, parameters } = acceptStatementFor({
    hasKeys,
    hasFilters: eventIds.length > 0,
    hasSearchValues,
    hasPayloads: retained.length > 0,
    hasSequences,
    isSealed: keyIds !== null,
  });
  return preparedStatement(
    pool,
    name,
    text,
    parameters.map((parameter) => values[parameter]),
  );
}

function patternsByType(events: readonly NewEvent[]): [type: string, pattern: string][] {
  const byType = new Map(events.map(({ type, patterns }) => [type, patterns]));
  return [...byType].flatMap(([type, patterns]) =>
    patterns.map((pattern): [string, string] => [type, pattern]),
  );
}
