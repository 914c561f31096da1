import { type AcceptedEvent, type DuplicateEvent, findDuplicates, type Pool } from '@posthorn/database';
import type { BatchResult } from './accept-result.js';
import { type Evaluation, isCandidate } from './evaluate.js';

/**
 * Returns the result of each event, in the order of the batch. A candidate that is not new is a duplicate; its result is null
 * if the original event has expired meanwhile.
 */
export async function batchResults(
  pool: Pool,
  { verdicts, candidates }: Evaluation,
  accepted: readonly AcceptedEvent[],
): Promise<(BatchResult | null)[]> {
  const deliveryCounts = new Map(accepted.map((event) => [event.eventId, event.deliveries.length]));
  const duplicates = candidates.filter(({ id }) => !deliveryCounts.has(id));
  const results = await resultsOfDuplicates(pool, duplicates);
  const resultOf = new Map(duplicates.map((event, index) => [event, results[index] ?? null]));
  return verdicts.map((verdict) => {
    if (!isCandidate(verdict)) return verdict;
    const deliveries = deliveryCounts.get(verdict.id);
    if (deliveries !== undefined) return { status: 'accepted', id: verdict.id, deliveries };
    return resultOf.get(verdict) ?? null;
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
    return originals.map(
      (original) =>
        original && { status: 'duplicate', id: original.eventId, deliveries: original.deliveries },
    );
  } catch (error) {
    return duplicates.map(() => ({ status: 'failed', error }));
  }
}
