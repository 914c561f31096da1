import { preparedStatement } from '../connection/connect.js';
import { WAITS_BRIEFLY } from '../connection/locked-rows.js';
import { isTimely } from '../usage/timely.js';
import type { AttemptRecord } from './attempt-input.js';
import { SETTLED_COLUMNS } from './history-columns.js';
import type { RecordedRow, RecordStep } from './record-step.js';

/** The histories that may have the deliveries of a batch: that of the installation only, or also shorter ones. */
export type Histories = 'installation' | 'all';

/**
 * Records first attempts that succeeded: by far the most frequent, so their statement opens as few tables as possible. A success counts
 * whatever the epoch.
 * The table of earlier attempts is not among them: only an earlier attempt of the same delivery can already be recorded there. Nor is
 * `usage_late`: attempts that belong there are recorded by the next statement. So are those of shorter histories, unless `all` are
 * recorded: an insert into class 0 has one level of partitions less to go through.
 */
const firstSuccesses = (input: string, condition: string, histories: Histories) => `
WITH removed AS (
  DELETE FROM pending_delivery d USING ${input} AS i (id, delivery_id, started_at, duration_ms, response_status, response_body)
  WHERE ${condition} AND d.attempt_count = 0${histories === 'all' ? '' : ' AND d.history_class = 0'} AND ${isTimely('i.id')} AND ${WAITS_BRIEFLY}
  RETURNING d.*, i.id AS attempt_id, i.started_at, i.duration_ms, i.response_status, i.response_body
)
INSERT INTO settled_delivery${histories === 'all' ? '' : '_class_0'} (${SETTLED_COLUMNS}, history_class)
SELECT id, event_id, webhook_id, tenant_id, now(), 'succeeded', epoch, 1, succeeded_before, replay_id, NULL,
  attempt_id, started_at, duration_ms, response_status, response_body, NULL, NULL, trigger, sequence, ordering_key, history_class
FROM removed
RETURNING id, status, NULL AS "dueInMs"`;

/** Returns the step that records first successes. At everyday load, most of its statements record one attempt. */
function firstStep(histories: Histories): RecordStep {
  const one = firstSuccesses(
    '(SELECT $1::uuid, $2::uuid, $3::timestamptz, $4::integer, $5::smallint, $6::text)',
    'd.id = $2',
    histories,
  );
  const several = firstSuccesses(
    'unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::integer[], $5::smallint[], $6::text[])',
    'd.id = i.delivery_id',
    histories,
  );
  return async (pool, attempts) => {
    const [first] = attempts;
    const { rows } = await pool.query<RecordedRow>(
      first && attempts.length === 1
        ? preparedStatement(pool, `record-first-success-${histories}`, one, valuesOf(first))
        : preparedStatement(pool, `record-first-successes-${histories}`, several, [
            attempts.map((attempt) => attempt.id),
            attempts.map((attempt) => attempt.deliveryId),
            attempts.map((attempt) => attempt.startedAt.toISOString()),
            attempts.map((attempt) => attempt.durationMs),
            attempts.map((attempt) => attempt.responseStatus),
            attempts.map((attempt) => attempt.responseBody),
          ]),
    );
    return rows;
  };
}

const valuesOf = (attempt: AttemptRecord): unknown[] => [
  attempt.id,
  attempt.deliveryId,
  attempt.startedAt.toISOString(),
  attempt.durationMs,
  attempt.responseStatus,
  attempt.responseBody,
];

export const recordFirstSuccesses: Record<Histories, RecordStep> = {
  installation: firstStep('installation'),
  all: firstStep('all'),
};
