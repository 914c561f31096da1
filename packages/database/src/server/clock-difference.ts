import type pg from 'pg';
import { insertAuditEntries, OPERATOR_SQL } from '../audit/insert-audit-entries.js';

/** If the clocks differ by more, in milliseconds, nothing is dropped before an operator has confirmed the difference. */
export const MAX_CLOCK_DIFFERENCE_MS = 3_600_000;

/** A difference between the clocks of PostgreSQL and a producer that stops the retention. */
export interface ClockDifference {
  /** How far PostgreSQL is ahead, in milliseconds; negative: behind. */
  differenceMs: number;
  /** Whether an operator has allowed to drop data in spite of it. */
  confirmed: boolean;
}

const SETTING = 'clock_difference';

const differenceOf = (value: string): string => `(${value}::jsonb ->> 'differenceMs')::double precision`;

const FORGET = `DELETE FROM setting WHERE key = '${SETTING}'`;

/** A confirmation is valid for differences that are as large as the confirmed one, to the hour. */
const REMEMBER = `
INSERT INTO setting AS known (key, value)
VALUES ('${SETTING}', jsonb_build_object('differenceMs', $1::double precision, 'confirmed', false)::text)
ON CONFLICT (key) DO UPDATE SET value = CASE
  WHEN abs(${differenceOf('known.value')} - $1) > ${MAX_CLOCK_DIFFERENCE_MS} THEN excluded.value ELSE known.value
END
RETURNING value`;

/**
 * Stores a difference of the clocks for the operator, and returns whether data may be dropped: if the clocks agree, which also ends a
 * confirmation, or if an operator has confirmed this difference.
 */
export async function mayDropData(pool: pg.Pool, differenceMs: number): Promise<boolean> {
  if (Math.abs(differenceMs) <= MAX_CLOCK_DIFFERENCE_MS) {
    await pool.query(FORGET);
    return true;
  }
  const { rows } = await pool.query<{ value: string }>(REMEMBER, [differenceMs]);
  return rows.map(parse)[0]?.confirmed ?? false;
}

/** Returns the difference that stops the retention, or that an operator has confirmed. Null if the clocks agree. */
export async function readClockDifference(pool: pg.Pool): Promise<ClockDifference | null> {
  const { rows } = await pool.query<{ value: string }>(`SELECT value FROM setting WHERE key = '${SETTING}'`);
  return rows.map(parse)[0] ?? null;
}

const CONFIRM = `
WITH confirmed AS (
  UPDATE setting SET value = jsonb_set(value::jsonb, '{confirmed}', 'true')::text
  WHERE key = '${SETTING}' AND NOT (value::jsonb ->> 'confirmed')::boolean
  RETURNING key AS id, NULL::uuid AS tenant_id, value
), audited AS (${insertAuditEntries('maintenance.confirmed', {
  from: 'confirmed',
  actor: OPERATOR_SQL,
  after: `jsonb_build_object('clockDifferenceMs', ${differenceOf('value')})`,
})}
)
SELECT value FROM confirmed`;

/**
 * Allows to drop data in spite of the stored difference, and records it in the audit log. Returns whether that changed anything: it does
 * not if there is no difference, or it is confirmed.
 */
export async function confirmClockDifference(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query(CONFIRM);
  return rows.length > 0;
}

const parse = ({ value }: { value: string }): ClockDifference => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only Posthorn writes this setting
  return JSON.parse(value) as ClockDifference;
};
