import { type AcceptedEvent, findDuplicates, type Pool } from '@posthorn/database';
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
  const originals = duplicates.length > 0 ? await findDuplicates(pool, duplicates) : [];
  const originalOf = new Map(duplicates.map((event, index) => [event, originals[index]]));
  return verdicts.map((verdict) => {
    if (!isCandidate(verdict)) return verdict;
    const deliveries = deliveryCounts.get(verdict.id);
    if (deliveries !== undefined) return { status: 'accepted', id: verdict.id, deliveries };
    const original = originalOf.get(verdict);
    return original ? { status: 'duplicate', id: original.eventId, deliveries: original.deliveries } : null;
  });
}
