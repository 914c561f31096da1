import { requestVersion } from '../webhooks/request-version.js';

/**
 * Columns for all deliveries of an event in one lane, grouped by `m.slow`. A row for each would be most of the cost of an event with many.
 * @param withStored a parameter: whether to return what is needed to start the deliveries without reading them
 */
export const acceptedColumns = (withStored: string): string => `string_agg(m.id::text, ',') AS ids, m.slow,
  string_agg(m.webhook_id || ' ' || m.epoch || ' ' || m.version, ',') FILTER (WHERE ${withStored}) AS webhooks,
  CASE WHEN ${withStored} THEN now()::timestamptz(3) END AS next_attempt_at`;

/** The version of webhook `w` if it is returned. */
export const versionColumn = (withStored: string): string =>
  `CASE WHEN ${withStored} THEN ${requestVersion('w')} END AS version`;
