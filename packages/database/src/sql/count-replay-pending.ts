import type pg from 'pg';
import type { RunningReplay } from './list-running-replays.js';

/** Uses the index on the webhook or event as well: the index on replay_id contains all deliveries of the replay. */
const countPending = (target: 'webhook_id' | 'event_id') =>
  `SELECT count(*)::integer AS pending FROM delivery WHERE ${target} = $1 AND replay_id = $2 AND status = 'pending'`;

const COUNT_OF_WEBHOOK = countPending('webhook_id');
const COUNT_OF_EVENT = countPending('event_id');

/** Returns how many deliveries that a replay requeued are still pending. */
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
