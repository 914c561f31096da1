import type pg from 'pg';
import type { ReplayTarget, SettledStatus } from './create-replay.js';

/** A replay that is under way, as it stood when it was read. */
export type RunningReplay = ReplayTarget & {
  id: string;
  from: Date | null;
  to: Date | null;
  /** Empty: all. */
  statuses: SettledStatus[];
  /** Empty: all. */
  eventTypes: string[];
  /** The last delivery that was looked at. */
  cursor: string | null;
  createdAt: Date;
  /** Its webhook has been active ever since. For one of an event each delivery's own webhook is asked. */
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

/** All replays that are under way, oldest first. */
export async function listRunningReplays(pool: pg.Pool): Promise<RunningReplay[]> {
  const { rows } = await pool.query<RunningReplay>(LIST);
  return rows;
}

/** By webhook or event as well: the index of the replay alone goes through all that it has made so far. */
const countPending = (target: 'webhook_id' | 'event_id') =>
  `SELECT count(*)::integer AS pending FROM delivery WHERE ${target} = $1 AND replay_id = $2 AND status = 'pending'`;

const COUNT_OF_WEBHOOK = countPending('webhook_id');
const COUNT_OF_EVENT = countPending('event_id');

/** How many deliveries a replay has made pending that are not over yet. */
export async function countReplayPending(
  pool: pg.Pool,
  { id, webhookId, eventId }: Pick<RunningReplay, 'id' | 'webhookId' | 'eventId'>,
): Promise<number> {
  const { rows } = await pool.query<{ pending: number }>(
    webhookId === null ? COUNT_OF_EVENT : COUNT_OF_WEBHOOK,
    [webhookId ?? eventId, id],
  );
  return rows[0]?.pending ?? 0;
}
