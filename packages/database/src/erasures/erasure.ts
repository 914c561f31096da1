import { MAX_CLOCK_SKEW_MS } from '../ids/max-clock-skew.js';

/** What an erasure removes: the data of one event, of the events with a value, or of a tenant. */
export type ErasureKind = 'event' | 'subject' | 'tenant';

/** The steps of an erasure, in their order. Those of a tenant begin with `purge_`. */
export type ErasurePhase =
  | 'pushes'
  | 'index'
  | 'scan'
  | 'reports'
  | 'erase'
  | 'rejected'
  | 'usage'
  | `purge_${string}`
  | 'settle'
  | 'redis';

/** An erasure that is not finished. */
export interface RunningErasure {
  id: string;
  tenantId: string;
  /** Of the tenant. */
  externalId: string | null;
  eventId: string | null;
  pointer: string | null;
  /** See `valueDigest`. */
  digest: string | null;
  /** Until the pushes are erased, the time of the call. */
  coversUntil: Date;
  /** It repeats another one, with the receipt, and covers what that one did. */
  isRepeat: boolean;
  phase: ErasurePhase;
  cursor: string | null;
}

/** The time until which everything is accepted already, by the clock of the database. Times of events are rounded to milliseconds. */
export const ACCEPTED_UNTIL = `date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond'`;

/**
 * How long after its call an erasure that waits for a producer or Redis still covers what is pushed and accepted, in milliseconds: as far as
 * the clocks of publishers may be ahead. What is from later is the data of a person who has come back.
 */
export const PUSH_COVERAGE_MS = MAX_CLOCK_SKEW_MS;

export const kindOfErasure = ({
  eventId,
  pointer,
}: Pick<RunningErasure, 'eventId' | 'pointer'>): ErasureKind => {
  if (eventId !== null) return 'event';
  return pointer === null ? 'tenant' : 'subject';
};

/**
 * Returns the assignment of the column `counts`, to which the numbers of rows of the WITH queries are added: of the same statement, so that
 * each row is counted once.
 */
export const addCounts = (counted: Readonly<Record<string, string>>): string =>
  `counts = counts || jsonb_build_object(${Object.entries(counted)
    .map(
      ([kind, query]) =>
        `'${kind}', coalesce((counts ->> '${kind}')::bigint, 0) + (SELECT count(*) FROM ${query})`,
    )
    .join(', ')})`;

/** Returns the statement that counts the events of a tenant, up to a million: the progress of a larger purge begins with fewer. */
export const countEventsOf = (tenantId: string): string =>
  `SELECT count(*) FROM (SELECT FROM event e WHERE e.tenant_id = ${tenantId} LIMIT 1000000) AS counted`;
