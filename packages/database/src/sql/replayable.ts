/** attempt_count is a smallint: a delivery that was tried so often is not tried again. */
const MOST_ATTEMPTS = 32_767;

/**
 * Conditions for those deliveries `d` that can be made again and fit: settled, with their event still there. Events go a day
 * at a time, the oldest first, so that those from the oldest on are there. Where the type is asked for, the event is looked up row
 * by row, in the partition of its day alone; as a join the planner may read all of them.
 * `statuses` and `eventTypes` are parameters of text[]; empty: all.
 */
export const replayable = ({ statuses, eventTypes }: { statuses: string; eventTypes: string }): string => `
  d.status <> 'pending' AND d.attempt_count < ${MOST_ATTEMPTS}
  AND (${statuses}::text[] = '{}' OR d.status = ANY (${statuses}::text[]::delivery_status[]))
  AND CASE ${eventTypes}::text[] WHEN '{}' THEN d.event_id >= (SELECT id FROM event ORDER BY id LIMIT 1)
    ELSE (SELECT type FROM event WHERE event.id = d.event_id LIMIT 1) = ANY (${eventTypes}::text[]) END`;
