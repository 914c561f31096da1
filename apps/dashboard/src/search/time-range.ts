import * as z from 'zod/mini';
import { optionalParam } from './optional-param.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ranges that end now and move on. `stepMs`: how often they do. */
export const RELATIVE_RANGES = {
  '15m': { label: 'Last 15 minutes', lengthMs: 15 * MINUTE, stepMs: 15 * SECOND },
  '1h': { label: 'Last hour', lengthMs: HOUR, stepMs: 15 * SECOND },
  '24h': { label: 'Last 24 hours', lengthMs: DAY, stepMs: MINUTE },
  '7d': { label: 'Last 7 days', lengthMs: 7 * DAY, stepMs: 5 * MINUTE },
} as const;

export type RelativeRange = keyof typeof RELATIVE_RANGES;

export const RELATIVE_RANGE_NAMES = ['15m', '1h', '24h', '7d'] as const satisfies readonly RelativeRange[];

/** The parameters of a time range in the address, to spread into the schema of a page. */
export const timeRangeSearch = {
  range: optionalParam(z.enum(RELATIVE_RANGE_NAMES)),
  from: optionalParam(z.iso.datetime()),
  to: optionalParam(z.iso.datetime()),
};

export interface TimeRangeSearch {
  range?: RelativeRange | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export type StatsInterval = 'minute' | 'hour' | 'day';

export interface TimeRange {
  /** Null: a range of its own, which does not move. */
  relative: RelativeRange | null;
  from: string;
  to: string;
  /** How finely to count, so that a plot has neither too few nor too many points. */
  interval: StatsInterval;
}

/** The range that the address asks for; without one, or with one that ends before it begins, `fallback`. */
export function resolveTimeRange(search: TimeRangeSearch, fallback: RelativeRange, nowMs: number): TimeRange {
  const { from, to } = search;
  if (search.range === undefined && from !== undefined && to !== undefined && from < to)
    return { relative: null, from, to, interval: intervalFor(Date.parse(to) - Date.parse(from)) };
  const relative = search.range ?? fallback;
  const { lengthMs, stepMs } = RELATIVE_RANGES[relative];
  const end = Math.ceil(nowMs / stepMs) * stepMs;
  return {
    relative,
    from: new Date(end - lengthMs).toISOString(),
    to: new Date(end).toISOString(),
    interval: intervalFor(lengthMs),
  };
}

function intervalFor(lengthMs: number): StatsInterval {
  if (lengthMs <= 6 * HOUR) return 'minute';
  return lengthMs <= 14 * DAY ? 'hour' : 'day';
}
