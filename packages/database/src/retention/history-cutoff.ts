import type { RetentionCutoffs } from '../data-model/retention-cutoffs.js';

export type HistoryCutoffs = Pick<RetentionCutoffs, 'record' | 'today' | 'counted'>;

/** Returns SQL: the first day that a class of history `c` keeps. The cutoffs are parameters. */
export const historyCutoff = ({
  record,
  today,
  counted,
}: Record<keyof HistoryCutoffs, `$${number}`>): string =>
  `greatest(${record}::date, least(${today}::date - c.days, ${counted}::date))`;
