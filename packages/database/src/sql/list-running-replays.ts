import type pg from 'pg';
import type { ReplayTarget, SettledStatus } from './create-replay.js';

/** A replay with status `running`. */
export type RunningReplay = ReplayTarget & {
  id: string;
  from: Date | null;
  to: Date | null;
  /** Empty for all. */
  statuses: SettledStatus[];
  /** Empty for all. */
  eventTypes: string[];
  /** The last delivery that was processed. */
  cursor: string | null;
  createdAt: Date;
  /** Its webhook has been active since the replay was created. Always true for an event, whose webhooks are checked one by one. */
  isTargetActive: boolean;
};

const LIST = `
SELECT r.id, r.webhook_id AS "webhookId", r.event_id AS "eventId", r.from_time AS "from", r.to_time AS "to", r.statuses,
  r.event_types AS "eventTypes", r.cursor, r.created_at AS "createdAt",
  r.webhook_id IS NULL OR EXISTS (
    SELECT FROM webhook w WHERE w.id = r.webhook_id AND w.status = 'active' AND w.active_since <= r.created_at
  ) AS "isTargetActive"
FROM replay r WHERE r.status = 'running'
ORDER BY r.id`;

/** Returns all running replays, oldest first. */
export async function listRunningReplays(pool: pg.Pool): Promise<RunningReplay[]> {
  const { rows } = await pool.query<RunningReplay>(LIST);
  return rows;
}
