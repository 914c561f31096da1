/** attempt_count is a smallint: a delivery that was tried so often is not tried again. */
const MOST_ATTEMPTS = 32_767;

/**
 * A join and conditions for those deliveries `d` that can be made again and fit: settled, with their event still there.
 * The event is looked up row by row, in the partition of its day alone; as a plain join the planner may read all of them.
 * `statuses` and `eventTypes` are parameters of text[]; empty: all.
 */
export const replayable = ({ statuses, eventTypes }: { statuses: string; eventTypes: string }): string => `
CROSS JOIN LATERAL (SELECT type FROM event WHERE event.id = d.event_id LIMIT 1) e
WHERE d.status <> 'pending' AND d.attempt_count < ${MOST_ATTEMPTS}
  AND (${statuses}::text[] = '{}' OR d.status = ANY (${statuses}::text[]::delivery_status[]))
  AND (${eventTypes}::text[] = '{}' OR e.type = ANY (${eventTypes}::text[]))`;
