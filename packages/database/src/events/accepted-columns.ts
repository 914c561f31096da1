import { requestVersion } from '../webhooks/request-version.js';

/**
 * Columns for all deliveries of an event in one lane, grouped by `m.slow`. A row for each would be most of the cost of an event with many.
 * @param wanted a parameter: whether to return what is needed to start the deliveries without reading them
 */
export const acceptedColumns = (wanted: string): string => `string_agg(m.id::text, ',') AS ids, m.slow,
  string_agg(m.webhook_id || ' ' || m.epoch || ' ' || m.version, ',') FILTER (WHERE ${wanted}) AS webhooks,
  CASE WHEN ${wanted} THEN now()::timestamptz(3) END AS next_attempt_at`;

/** The version of webhook `w` if it is wanted. */
export const wantedVersion = (wanted: string): string =>
  `CASE WHEN ${wanted} THEN ${requestVersion('w')} END AS version`;
