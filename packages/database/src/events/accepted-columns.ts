import { requestVersion } from '../webhooks/request-version.js';

/**
 * Columns for all deliveries of an event in one lane, grouped by `m.slow`. A row for each would be most of the cost of an event with many.
 * @param withStored a parameter: whether to return what is needed to start the deliveries without reading them
 */
export const acceptedColumns = (withStored: string): string =>
  columns({ withStored, isChained: 'false', isNumbered: 'false', isPulled: 'false' });

/**
 * The columns for deliveries some of which have numbers: grouped by `IS_CHAINED` and `IS_NUMBERED`, too. Those with a number start only
 * when they have been read.
 */
export const sequencedColumns = (withStored: string): string =>
  columns({ withStored, isChained: IS_CHAINED, isNumbered: IS_NUMBERED, isPulled: 'm.is_pulled' });

export const IS_CHAINED = '(m.chain IS NOT NULL)';
export const IS_NUMBERED = '(m.sequence IS NOT NULL)';

interface ColumnOptions {
  withStored: string;
  isChained: string;
  isNumbered: string;
  isPulled: string;
}

const columns = ({
  withStored,
  isChained,
  isNumbered,
  isPulled,
}: ColumnOptions): string => `string_agg(m.id::text, ',') FILTER (WHERE NOT ${isPulled}) AS ids, m.slow,
  string_agg(m.webhook_id || ' ' || m.epoch || ' ' || m.version, ',') FILTER (WHERE ${withStored} AND NOT ${isNumbered}) AS webhooks,
  CASE WHEN ${withStored} THEN now()::timestamptz(3) END AS next_attempt_at, ${isChained} AS is_chained,
  (count(*) FILTER (WHERE ${isPulled}))::integer AS available`;

/** The version of webhook `w` if it is returned. */
export const versionColumn = (withStored: string): string =>
  `CASE WHEN ${withStored} THEN ${requestVersion('w')} END AS version`;
