import type pg from 'pg';
import { insertAuditEntries } from '../audit/insert-audit-entries.js';
import type { Chain } from '../deliveries/chain.js';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../encryption/payload-keys.js';
import { dropDetachedPartitions } from '../retention/drop-expired-partitions.js';
import { eraseListed, IN_FLIGHT_SECONDS } from './erase-events.js';
import { eraseRejected } from './erase-rejected.js';
import {
  ACCEPTED_UNTIL,
  countEventsOf,
  type ErasureKind,
  type ErasurePhase,
  kindOfErasure,
  PUSH_COVERAGE_MS,
  type RunningErasure,
} from './erasure.js';
import { listReports } from './list-copies.js';
import { listIndexed, listScanned } from './list-erased-events.js';
import { PURGE_PHASES, purgeBatch } from './purge-tenant.js';

/** The phases of each kind of erasure, in their order. */
export const ERASURE_PHASES: Readonly<Record<ErasureKind, readonly ErasurePhase[]>> = {
  // Reports are listed when the events are erased; `settle` lists them again, and erases them.
  event: ['erase', 'reports', 'settle', 'redis'],
  subject: ['pushes', 'index', 'scan', 'erase', 'reports', 'rejected', 'settle', 'redis'],
  tenant: ['pushes', 'usage', ...PURGE_PHASES, 'settle', 'redis'],
};

export interface ErasureDeps {
  pool: pg.Pool;
  /** They open what is sealed. */
  payloadKeys?: PayloadKeys;
  /** Removes the pushes of an erasure from Redis. Returns whether all that were there at the call are removed or stored. */
  erasePushes: (erasure: RunningErasure) => Promise<boolean>;
  /** Has Redis rewrite its append-only file. Returns how many servers have done so. */
  rewriteFiles: () => Promise<number>;
  /** Called after deliveries were dropped: counts them, and adds the jobs of the next ones of their chains. */
  onDropped: (dropped: number, chains: readonly Chain[]) => Promise<void>;
}

/** What a step has left: more to do at once, nothing in this phase, or something that it waits for. */
type StepResult = 'more' | 'done' | 'waiting';

/**
 * Unless the erasure has begun again meanwhile, to cover more: then it erases later pushes. When all pushes are removed or stored, it covers
 * what was accepted until then: a push has no later time than that of the transaction that stored it, whatever time its publisher gave it.
 * Long after the call, it covers less, so that the data of a person who has come back stays.
 */
const NEXT_PHASE = `
UPDATE erasure SET phase = $3, cursor = NULL,
  covers_until = CASE WHEN phase = 'pushes' AND NOT is_repeat THEN greatest(covers_until, least(${ACCEPTED_UNTIL}, covers_until + interval '${PUSH_COVERAGE_MS} milliseconds'))
    ELSE covers_until END
WHERE id = $1 AND phase = $2 AND covers_until = $4 AND status = 'running'`;

const COMPLETE = `
WITH completed AS (
  UPDATE erasure SET status = 'completed', digest = NULL, cursor = NULL, finished_at = now(),
    counts = counts || jsonb_build_object('redisFiles', $3::integer)
  WHERE id = $1 AND phase = $2 AND status = 'running'
  RETURNING id, tenant_id, event_id, pointer, covers_until, counts
), forgotten AS (
  DELETE FROM erasure_event USING completed WHERE erasure_id = completed.id
), audited AS (${insertAuditEntries('erasure.completed', {
  from: 'completed',
  after: `jsonb_build_object('kind', CASE WHEN event_id IS NOT NULL THEN 'event' WHEN pointer IS NOT NULL THEN 'subject' ELSE 'tenant' END,
      'coversUntil', covers_until) || counts`,
})}
)
SELECT FROM completed`;

/**
 * Does the next step of an erasure: one batch, each statement of which can run again. Returns whether it made progress; otherwise it waits
 * for something.
 */
export async function advanceErasure(erasure: RunningErasure, deps: ErasureDeps): Promise<boolean> {
  const { pool } = deps;
  const { id, phase, coversUntil } = erasure;
  const result = await runStep(erasure, deps);
  if (result === 'done') await pool.query(NEXT_PHASE, [id, phase, phaseAfter(erasure), coversUntil]);
  return result !== 'waiting';
}

function phaseAfter({ phase, ...erasure }: RunningErasure): ErasurePhase {
  const phases = ERASURE_PHASES[kindOfErasure(erasure)];
  return phases[phases.indexOf(phase) + 1] ?? 'redis';
}

async function runStep(erasure: RunningErasure, deps: ErasureDeps): Promise<StepResult> {
  const { pool, payloadKeys = NO_PAYLOAD_KEYS } = deps;
  switch (erasure.phase) {
    case 'pushes':
      return (await deps.erasePushes(erasure)) ? 'done' : 'waiting';
    case 'index':
      return toResult(await listIndexed(pool, erasure, payloadKeys));
    case 'scan':
      return toResult(await listScanned(pool, erasure, payloadKeys));
    case 'reports':
      await listReports(pool, erasure);
      return 'done';
    case 'erase':
      return eraseBatch(erasure, deps);
    case 'rejected':
      return toResult(await eraseRejected(pool, erasure, payloadKeys));
    case 'usage':
      return (await isUsageCounted(erasure, pool)) ? 'done' : 'waiting';
    case 'settle':
      return settle(erasure, deps);
    case 'redis':
      await pool.query(COMPLETE, [erasure.id, erasure.phase, await deps.rewriteFiles()]);
      return 'more';
    default:
      return toResult(await purgeBatch(pool, erasure));
  }
}

const toResult = (hasMore: boolean): StepResult => (hasMore ? 'more' : 'done');

async function eraseBatch(
  erasure: RunningErasure,
  { pool, payloadKeys = NO_PAYLOAD_KEYS, onDropped }: ErasureDeps,
): Promise<StepResult> {
  const { hasMore, dropped, chains } = await eraseListed(pool, erasure, payloadKeys);
  // After a crash at this point the reconciler creates the jobs.
  await onDropped(dropped, chains);
  return toResult(hasMore);
}

const IS_QUIET = `SELECT coalesce(quiet_at <= now(), true) AS "isQuiet" FROM erasure WHERE id = $1`;
const REPEAT = `UPDATE erasure SET cursor = NULL WHERE id = $1 AND phase = 'settle'`;

/** Waits until no request from before is in flight, and erases again: what was retried meanwhile, recorded late, or reported. */
async function settle(erasure: RunningErasure, deps: ErasureDeps): Promise<StepResult> {
  const isQuiet = async (): Promise<boolean> =>
    (await deps.pool.query<{ isQuiet: boolean }>(IS_QUIET, [erasure.id])).rows[0]?.isQuiet ?? true;
  if (erasure.cursor === null) {
    if (!(await isQuiet())) return 'waiting';
    await listReports(deps.pool, erasure);
  }
  const result = await eraseBatch(erasure, deps);
  if (result === 'more') return result;
  // The tables of days that expired meanwhile have what was not erased.
  if (await isQuiet()) return (await dropDetachedPartitions(deps.pool)) ? result : 'waiting';
  await deps.pool.query(REPEAT, [erasure.id]);
  return 'waiting';
}

/** A minute more, for what is stored meanwhile. Late rows are counted from their list, not from the history. */
const READ_IS_COUNTED = `
SELECT deleted_at IS NULL OR (SELECT counted_until FROM usage_progress) > deleted_at + interval '1 minute' AS "isCounted"
FROM tenant WHERE id = $1`;

/** Returns whether the usage of a deleted tenant is counted, so that its rows may be deleted. */
async function isUsageCounted({ tenantId }: RunningErasure, pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ isCounted: boolean }>(READ_IS_COUNTED, [tenantId]);
  return rows[0]?.isCounted ?? true;
}

/** The condition that the data of a tenant is to be purged. */
const PURGE_IS_DUE = `status = 'deleted' AND purge_at <= now() AND NOT EXISTS (
  SELECT FROM erasure e WHERE e.tenant_id = tenant.id AND e.event_id IS NULL AND e.pointer IS NULL AND e.status <> 'completed'
)`;

const START_DUE = `
WITH due AS MATERIALIZED (
  SELECT id FROM tenant WHERE ${PURGE_IS_DUE} ORDER BY id LIMIT 10 FOR NO KEY UPDATE SKIP LOCKED
)
INSERT INTO erasure (id, tenant_id, covers_until, phase, total, quiet_at)
SELECT posthorn_uuidv7(), t.id, now(), 'pushes', (${countEventsOf('t.id')}),
  t.deleted_at + interval '${IN_FLIGHT_SECONDS} seconds'
FROM due JOIN tenant t ON t.id = due.id
ON CONFLICT DO NOTHING`;

/** Starts the purges of deleted tenants that are due. Returns whether there were any. */
export async function startDuePurges(pool: pg.Pool): Promise<boolean> {
  return ((await pool.query(START_DUE)).rowCount ?? 0) > 0;
}

/** A failed purge of a tenant. An index has the same condition. */
const IS_FAILED_PURGE = `e.status = 'failed' AND e.event_id IS NULL AND e.pointer IS NULL`;

/** The condition that a purge that failed continues: the latest one of its tenant, whose row may be gone already, after an hour. */
const RESTART_IS_DUE = `${IS_FAILED_PURGE} AND e.finished_at <= now() - interval '1 hour' AND NOT EXISTS (
  SELECT FROM erasure o WHERE o.tenant_id = e.tenant_id AND o.event_id IS NULL AND o.pointer IS NULL
    AND (o.status <> 'failed' OR o.id > e.id)
)`;

/** The condition that erasures run, or that purges are due or continue. */
export const ERASURES_ARE_DUE = `EXISTS (SELECT FROM erasure WHERE status = 'running')
  OR EXISTS (SELECT FROM tenant WHERE ${PURGE_IS_DUE}) OR EXISTS (SELECT FROM erasure e WHERE ${RESTART_IS_DUE})`;

const RESTART_FAILED = `
UPDATE erasure e SET status = 'running', phase = '${ERASURE_PHASES.tenant[0]}', cursor = NULL, error = NULL, finished_at = NULL
WHERE ${RESTART_IS_DUE}`;

/** Restarts purges that failed at their first phase: the cause may be a row that was stored after the phase of its table. */
export async function restartFailedPurges(pool: pg.Pool): Promise<void> {
  await pool.query(RESTART_FAILED);
}

const RUNNING = `
SELECT id, tenant_id AS "tenantId", (SELECT external_id FROM tenant WHERE tenant.id = tenant_id) AS "externalId", event_id AS "eventId",
  pointer, digest, covers_until AS "coversUntil", is_repeat AS "isRepeat", phase, cursor
FROM erasure WHERE status = 'running' ORDER BY id LIMIT 100`;

/** Returns the erasures that are not finished, oldest first. */
export async function listRunningErasures(pool: pg.Pool): Promise<RunningErasure[]> {
  return (await pool.query<RunningErasure>(RUNNING)).rows;
}

const FAIL = `
UPDATE erasure SET status = 'failed', error = $2, finished_at = now() WHERE id = $1 AND status = 'running'`;

/** Ends an erasure that cannot continue. A new one with the same input starts from the beginning; a purge continues by itself. */
export async function failErasure(pool: pg.Pool, id: string, error: string): Promise<void> {
  await pool.query(FAIL, [id, error]);
}
