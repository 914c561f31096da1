import type { DeliveryStatus, WebhookStatus } from '@posthorn/core';
import type pg from 'pg';
import type { SealedSecret } from '../webhook-secrets.js';

/** All that a worker has to know of a delivery, read at one moment. */
export interface LoadedDelivery {
  delivery: {
    id: string;
    eventId: string;
    status: DeliveryStatus;
    epoch: number;
    attemptCount: number;
    nextAttemptAt: Date | null;
  };
  webhook: {
    id: string;
    status: WebhookStatus;
    epoch: number;
    url: string;
    secrets: SealedSecret[];
    headersSealed: string | null;
    /** Seconds after each failure; null: the default. */
    retrySchedule: number[] | null;
    timeoutMs: number;
  };
  body: string;
}

interface Row {
  id: string;
  event_id: string;
  status: DeliveryStatus;
  epoch: number;
  attempt_count: number;
  next_attempt_at: Date | null;
  body: string;
  webhook_id: string;
  webhook_status: WebhookStatus;
  webhook_epoch: number;
  url: string;
  secrets: SealedSecret[];
  headers_sealed: string | null;
  retry_schedule: number[] | null;
  timeout_ms: number;
}

const SQL = `
SELECT d.id, d.event_id, d.status, d.epoch, d.attempt_count, d.next_attempt_at, e.body,
  w.id AS webhook_id, w.status AS webhook_status, w.epoch AS webhook_epoch, w.url, w.secrets, w.headers_sealed,
  w.retry_schedule, w.timeout_ms
FROM delivery d
-- Looked up row by row, each in the partition of its day alone; as a plain join the planner may read all of them.
CROSS JOIN LATERAL (SELECT body FROM event WHERE event.id = d.event_id LIMIT 1) e
JOIN webhook w ON w.id = d.webhook_id
WHERE d.id = ANY ($1::uuid[])`;

/** Reads deliveries with their events and webhooks, in the order asked; undefined for one that is not there. */
export async function loadDeliveries(
  pool: pg.Pool,
  ids: readonly string[],
): Promise<(LoadedDelivery | undefined)[]> {
  const { rows } = await pool.query<Row>(SQL, [ids]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    return row && toLoaded(row);
  });
}

function toLoaded(row: Row): LoadedDelivery {
  return {
    delivery: {
      id: row.id,
      eventId: row.event_id,
      status: row.status,
      epoch: row.epoch,
      attemptCount: row.attempt_count,
      nextAttemptAt: row.next_attempt_at,
    },
    webhook: {
      id: row.webhook_id,
      status: row.webhook_status,
      epoch: row.webhook_epoch,
      url: row.url,
      secrets: row.secrets,
      headersSealed: row.headers_sealed,
      retrySchedule: row.retry_schedule,
      timeoutMs: row.timeout_ms,
    },
    body: row.body,
  };
}
