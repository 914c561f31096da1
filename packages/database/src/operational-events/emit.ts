import type { OperationalEventType } from '@posthorn/core';

/**
 * Returns SQL that inserts an operational event for each row of `from`, to be part of the statement that makes the change.
 * Rows need a `tenant_id`. `data` is a jsonb expression, `at` the time of the event.
 */
export const emit = (
  type: OperationalEventType,
  { from, data, at = 'now()' }: { from: string; data: string; at?: string },
): string => `
  INSERT INTO operational_event (id, tenant_id, type, data, created_at)
  SELECT posthorn_uuidv7(), tenant_id, '${type}', ${data}, ${at} FROM ${from}`;

/** Returns SQL that formats a timestamp for JSON: RFC 3339, UTC, milliseconds. */
export const jsonTime = (moment: string): string =>
  `to_char(${moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
