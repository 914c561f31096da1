import {
  attributesIn,
  type EventAttributes,
  type EventContext,
  LIVE_CHAIN,
  type RequestWebhook,
  type TraceContext,
  traceIn,
} from '@posthorn/core';
import type pg from 'pg';
import { preparedStatement } from '../connection/connect.js';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../encryption/payload-keys.js';
import { isHead } from './chain.js';
import { dueInMs } from './due-in-ms.js';
import { isStoredApart, loadPayloads } from '../events/read-payloads.js';
import { bodyOpener, type OpenBody } from '../events/stored-body.js';
import { isOfCancelledRecovery } from './of-cancelled-recovery.js';
import { eventTableOf, orAllEvents } from '../events/event-table.js';
import { type FirstAttempt, queryFirstAttempts } from './read-first-attempts.js';
import {
  REQUEST_WEBHOOK_COLUMNS,
  type RequestWebhookRow,
  toRequestWebhook,
} from '../webhooks/request-webhook.js';

/** A pending delivery with its event and webhook, read in one snapshot. */
export interface LoadedDelivery {
  delivery: {
    id: string;
    eventId: string;
    epoch: number;
    attemptCount: number;
    /** Attempts that are not part of the retry schedule. Includes the next one, if it was brought forward. */
    unscheduledAttempts: number;
    /** Identifies the attempt that the delivery waits for. */
    nextAttemptAt: Date;
    /** Milliseconds until it is due, by the clock of PostgreSQL; 0 or less if it is due. */
    dueInMs: number;
    /** Part of a bulk replay. */
    replayed: boolean;
    /** It is dropped, because its recovery is cancelled. */
    isCancelled: boolean;
    /** The format of its failed attempts, which a retry keeps. Null for the format of the webhook. */
    formatId: string | null;
    /** Its number among the deliveries of its webhook; null without. */
    sequence: number | null;
    /** The chain that it waits in; null for none. */
    chain: string | null;
    /** Its key in the chain: empty for strict order. Null without order. */
    orderingKey: string | null;
    /** It waits for no other delivery. */
    isHead: boolean;
    /** The start of its first attempt. Null before, and for deliveries that are not in the chain of live ones. */
    firstAttemptAt: Date | null;
  };
  webhook: RequestWebhook;
  /** Null if the event has expired, as is `eventType`, or was erased. */
  body: string | null;
  isErased: boolean;
  eventType: string | null;
  /** Null if the event has expired or its trace is not recorded. */
  traceContext: TraceContext | null;
  /** Null if the event has expired or was published without. */
  attributes: EventAttributes | null;
}

type Delivery = LoadedDelivery['delivery'];

interface Row
  extends RequestWebhookRow, Omit<Delivery, 'sequence' | 'firstAttemptAt' | keyof RequestWebhookRow> {
  deliveryId: string;
  deliveryEpoch: number;
  deliveryFormatId: string | null;
  sequence: string | null;
  deferred: boolean;
  body: string | null;
  deflatedBody: Uint8Array | null;
  eventType: string | null;
  context: EventContext;
}

/** Maximum number of bytes of payloads read by one statement: its duration must be far below the maximum age of a read. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

const DELIVERY_COLUMNS = `d.id AS "deliveryId", d.event_id AS "eventId", d.epoch AS "deliveryEpoch", d.attempt_count AS "attemptCount", d.unscheduled_attempts AS "unscheduledAttempts",
  d.next_attempt_at AS "nextAttemptAt", d.replay_id IS NOT NULL AS replayed, ${isOfCancelledRecovery('d')} AS "isCancelled", d.format_id AS "deliveryFormatId", d.sequence, d.chain,
  d.ordering_key AS "orderingKey", ${isHead('d')} AS "isHead"`;

const loadMany = (eventTable: string) => `
SELECT ${DELIVERY_COLUMNS}, d.due_in_ms AS "dueInMs", d.bytes_before >= $2 AS deferred,
  CASE WHEN d.bytes_before < $2 THEN d.body END AS body,
  CASE WHEN d.bytes_before < $2 THEN d.deflated_body END AS "deflatedBody", d.event_type AS "eventType", d.context, ${REQUEST_WEBHOOK_COLUMNS}
FROM (
  SELECT d.*, ${dueInMs('d')} AS due_in_ms, e.body, e.deflated_body, e.type AS event_type, e.context,
    -- Reads the length only, not the payload.
    coalesce(sum(posthorn_body_bytes(e.body, e.deflated_body)) OVER (ORDER BY d.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
      AS bytes_before
  FROM pending_delivery d
  -- LATERAL … LIMIT 1 forces a lookup per row, regardless of statistics.
  LEFT JOIN LATERAL (SELECT body, deflated_body, type, context FROM ${eventTable} e WHERE e.id = d.event_id LIMIT 1) e ON true
  WHERE d.id = ANY ($1::uuid[])
) d
JOIN LATERAL (SELECT xmin, * FROM webhook WHERE webhook.id = d.webhook_id LIMIT 1) w ON true
JOIN LATERAL (SELECT xmin, status, epoch, format_id, client_certificate_id, ca_certificates_id, proxy_sealed, private_networks FROM tenant WHERE tenant.id = w.tenant_id LIMIT 1) t ON true`;

/** A single delivery is never deferred. At everyday load, most statements load one. */
const loadOne = (eventTable: string) => `
SELECT ${DELIVERY_COLUMNS}, ${dueInMs('d')} AS "dueInMs", false AS deferred, e.body, e.deflated_body AS "deflatedBody", e.type AS "eventType", e.context,
  ${REQUEST_WEBHOOK_COLUMNS}
FROM pending_delivery d
JOIN webhook w ON w.id = d.webhook_id
JOIN tenant t ON t.id = w.tenant_id
LEFT JOIN ${eventTable} e ON e.id = d.event_id
WHERE d.id = $1`;

/**
 * Returns the starts of the first attempts of the deliveries that block others. Of no others: the hot path does not open the table of
 * earlier attempts.
 */
function firstAttemptsOf(pool: pg.Pool, loaded: readonly Row[]): Promise<Map<string, Date>> {
  const blocking = loaded.filter(({ chain, attemptCount }) => chain === LIVE_CHAIN && attemptCount > 0);
  return queryFirstAttempts(
    blocking.map(({ deliveryId }) => deliveryId),
    async (text, values) =>
      (await pool.query<FirstAttempt>(preparedStatement(pool, 'first-attempts', text, values))).rows,
  );
}

interface LoadOptions {
  maxPayloadBytes?: number;
  /** They open what is sealed. */
  payloadKeys?: PayloadKeys;
}

/**
 * Returns pending deliveries with their events and webhooks, in the order of `ids`. Undefined for one that is settled or does not exist. Once the
 * payloads have `maxPayloadBytes`, the remaining deliveries, those with the largest ids, are `deferred`: the caller loads them again.
 */
export async function loadDeliveries(
  pool: pg.Pool,
  ids: readonly string[],
  { maxPayloadBytes = MAX_PAYLOAD_BYTES, payloadKeys = NO_PAYLOAD_KEYS }: LoadOptions = {},
): Promise<(LoadedDelivery | 'deferred' | undefined)[]> {
  const { rows } = await orAllEvents(eventTableOf(ids), (table) =>
    pool.query<Row>(
      ids.length === 1
        ? preparedStatement(pool, `load-delivery-${table}`, loadOne(table), [ids[0]])
        : preparedStatement(pool, `load-deliveries-${table}`, loadMany(table), [ids, maxPayloadBytes]),
    ),
  );
  const firstAttempts = await firstAttemptsOf(pool, rows);
  const complete = await withPayloads(pool, rows, maxPayloadBytes);
  const byId = new Map(complete.map((row) => [row.deliveryId, row]));
  const open = await bodyOpener(payloadKeys, complete);
  return ids.map((id) => {
    const row = byId.get(id);
    return row?.deferred
      ? 'deferred'
      : row && toLoadedDelivery(row, { open, firstAttemptAt: firstAttempts.get(id) ?? null });
  });
}

/** Adds the payloads that are stored apart. */
async function withPayloads(pool: pg.Pool, rows: readonly Row[], maxBytes: number): Promise<readonly Row[]> {
  const apart = rows.filter((row) => !row.deferred && isStoredApart(row));
  if (apart.length === 0) return rows;
  const payloads = await loadPayloads(pool, apart, maxBytes);
  return rows.map((row) => {
    const payload = payloads.get(row.eventId);
    if (payload === undefined) return row;
    if (payload === 'deferred') return { ...row, deferred: true };
    return { ...row, body: payload.body, deflatedBody: payload.deflatedBody, context: payload.context };
  });
}

function toLoadedDelivery(
  row: Row,
  { open, firstAttemptAt }: { open: OpenBody; firstAttemptAt: Date | null },
): LoadedDelivery {
  return {
    delivery: {
      id: row.deliveryId,
      eventId: row.eventId,
      epoch: row.deliveryEpoch,
      attemptCount: row.attemptCount,
      unscheduledAttempts: row.unscheduledAttempts,
      nextAttemptAt: row.nextAttemptAt,
      dueInMs: row.dueInMs,
      replayed: row.replayed,
      isCancelled: row.isCancelled,
      formatId: row.deliveryFormatId,
      sequence: row.sequence === null ? null : Number(row.sequence),
      chain: row.chain,
      orderingKey: row.orderingKey,
      isHead: row.isHead,
      firstAttemptAt,
    },
    webhook: toRequestWebhook(row),
    ...open(row.eventId, row),
    eventType: row.eventType,
    traceContext: traceIn(row.context),
    attributes: attributesIn(row.context),
  };
}
