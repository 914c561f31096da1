import { laneOf } from '@posthorn/core';
import { DatabaseError } from 'pg';
import type { CreatedDeliveries, ErasedIds, RefusedKeys, StoredDelivery } from './created-deliveries.js';

/** A row that a statement which accepts events returns. */
export interface AcceptedRow {
  /** Null if nothing was inserted: the caller's rules are outdated, or a key is refused. */
  event_id: string | null;
  /** The ids of its deliveries to fast or to slow webhooks, joined by commas, or the id of a refused key. */
  ids: string | null;
  slow: boolean | null;
  /** Of each delivery the id, epoch and version of its webhook, separated by spaces; joined by commas. Null unless requested. */
  webhooks: string | null;
  next_attempt_at: Date | null;
  is_chained: boolean | null;
  /** The number of deliveries that are read with a feed. */
  available: number | null;
}

/** Returns why nothing was inserted: the refused keys, or null for outdated rules. */
export function reasonIn(rows: readonly AcceptedRow[]): RefusedKeys | null {
  const refusedKeyIds = rows.flatMap(({ ids }) => ids ?? []);
  return refusedKeyIds.length > 0 ? { refusedKeyIds } : null;
}

/** The SQLSTATE of `posthorn_refuse_erased_ids`. */
const IDS_ERASED = 'PH001';

/** Returns the ids that a statement was refused for. @throws any other error */
export function erasedIdsIn(error: unknown): ErasedIds {
  if (!(error instanceof DatabaseError) || error.code !== IDS_ERASED) throw error;
  return { erasedIds: error.detail?.split(',') ?? [] };
}

/** Returns the accepted events with their deliveries. */
export function groupByEvent(rows: readonly AcceptedRow[]): CreatedDeliveries[] {
  const accepted = new Map<string, CreatedDeliveries>();
  for (const row of rows) {
    const { event_id: eventId, ids, slow, is_chained: isChained } = row;
    if (eventId === null) continue;
    const event = accepted.get(eventId) ?? { eventId, deliveries: [], available: 0 };
    accepted.set(eventId, event);
    event.available += row.available ?? 0;
    if (ids === null) continue;
    const lane = laneOf({ webhookIsSlow: slow ?? false, attemptCount: 0, replayed: false });
    const stored = storedIn(row);
    for (const [index, id] of ids.split(',').entries())
      event.deliveries.push({ id, lane, isChained: isChained ?? false, stored: stored[index] ?? null });
  }
  return [...accepted.values()];
}

/** Returns what is needed to start each delivery of a row; nothing unless it was requested. */
function storedIn({ webhooks, next_attempt_at: nextAttemptAt }: AcceptedRow): StoredDelivery[] {
  if (webhooks === null || nextAttemptAt === null) return [];
  return webhooks.split(',').map((webhook) => {
    const [webhookId = '', epoch, webhookVersion = ''] = webhook.split(' ');
    return { webhookId, webhookVersion, epoch: Number(epoch), nextAttemptAt };
  });
}
