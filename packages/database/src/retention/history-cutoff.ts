import type { RetentionCutoffs } from '../data-model/retention-cutoffs.js';

export type HistoryCutoffs = Pick<RetentionCutoffs, 'record' | 'today' | 'counted'>;

/** SQL: the first day that a class of history `c` keeps. Its parameters are those of `historyCutoffValues`, from $1 on. */
export const HISTORY_CUTOFF = `greatest($1::date, least($2::date - c.days, $3::date))`;

/** Returns the parameters of `HISTORY_CUTOFF`. */
export const historyCutoffValues = ({ record, today, counted }: HistoryCutoffs): string[] => [
  record,
  today,
  counted,
];
