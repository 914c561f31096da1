import { MAX_ATTEMPTS } from '@posthorn/core';
import { HAS_EVENT } from '../events/has-event.js';
import { HAS_PAYLOAD } from '../events/payload-day.js';

/**
 * Returns the SQL condition for a settled delivery `d` that can be replayed and matches: with fewer attempts than the maximum and not only in a feed, and its event and payload still exist.
 * With a filter on the type, each event is looked up in the partition of its day only.
 * `statuses` and `eventTypes` are text[] parameters, empty for all.
 */
export const replayable = ({ statuses, eventTypes }: { statuses: string; eventTypes: string }): string => `
  d.attempt_count < ${MAX_ATTEMPTS} AND d.status <> 'available'
  AND (${statuses}::text[] = '{}' OR d.status = ANY (${statuses}::text[]::delivery_status[]))
  AND CASE ${eventTypes}::text[] WHEN '{}' THEN ${HAS_EVENT}
    ELSE (SELECT type FROM event WHERE event.id = d.event_id LIMIT 1) = ANY (${eventTypes}::text[]) END
  AND ${HAS_PAYLOAD}`;
