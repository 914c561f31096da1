import { encodeId } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import {
  type CreatedDeliveries,
  type DuplicateEvent,
  findDuplicates,
  type OriginalEvent,
} from '@posthorn/database/events';
import type { BatchResult } from '../events/publish-result.js';
import { type Evaluation, isCandidate } from '../rules/evaluate.js';

/**
 * Returns the result of each event, in the order of the batch. A candidate that is not new is a duplicate, or another event with
 * a used key, which is rejected; its result is null if the original event has expired meanwhile, or is erased.
 */
export async function batchResults(
  pool: Pool,
  { results, candidates }: Evaluation,
  accepted: readonly CreatedDeliveries[],
): Promise<(BatchResult | null)[]> {
  const deliveryCounts = new Map(
    accepted.map(({ eventId, deliveries, available }) => [eventId, deliveries.length + available]),
  );
  const duplicates = candidates.filter(({ id }) => !deliveryCounts.has(id));
  const duplicateResults = await resultsOfDuplicates(pool, duplicates);
  const resultOfDuplicate = new Map(
    duplicates.map((event, index) => [event, duplicateResults[index] ?? null]),
  );
  return results.map((event) => {
    if (!isCandidate(event)) return event;
    const deliveries = deliveryCounts.get(event.id);
    if (deliveries !== undefined) return { status: 'accepted', id: event.id, deliveries };
    return resultOfDuplicate.get(event) ?? null;
  });
}

/** If the originals cannot be looked up, only the duplicates fail: the other events are stored. */
async function resultsOfDuplicates(
  pool: Pool,
  duplicates: readonly DuplicateEvent[],
): Promise<(BatchResult | null)[]> {
  if (duplicates.length === 0) return [];
  try {
    const originals = await findDuplicates(pool, duplicates);
    return originals.map((original) => original && resultOf(original));
  } catch (error) {
    return duplicates.map(() => ({ status: 'failed', error }));
  }
}

function resultOf({ eventId, deliveries, isOtherEvent }: OriginalEvent): BatchResult {
  if (!isOtherEvent) return { status: 'duplicate', id: eventId, deliveries };
  const message = `The idempotency key belongs to ${encodeId('event', eventId)}, which has another type or other data.`;
  return { status: 'rejected', code: 'idempotency_key_reused', message, errors: [] };
}
