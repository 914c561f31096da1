import * as z from 'zod/mini';
import { optionalParam } from '../access/optional-param.js';
import { t } from '../i18n/t.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ranges that end now. `stepMs` is how often they advance. */
export const RELATIVE_RANGES = {
  '15m': { label: t('Last 15 minutes'), lengthMs: 15 * MINUTE, stepMs: 15 * SECOND },
  '1h': { label: t('Last hour'), lengthMs: HOUR, stepMs: 15 * SECOND },
  '24h': { label: t('Last 24 hours'), lengthMs: DAY, stepMs: MINUTE },
  '7d': { label: t('Last 7 days'), lengthMs: 7 * DAY, stepMs: 5 * MINUTE },
} as const;

export type RelativeRange = keyof typeof RELATIVE_RANGES;

export const RELATIVE_RANGE_NAMES = ['15m', '1h', '24h', '7d'] as const satisfies readonly RelativeRange[];

/** The search parameters of a time range, to spread into the schema of a route. */
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
  /** Null for a fixed range. */
  relative: RelativeRange | null;
  from: string;
  to: string;
  /** Resolution that yields a useful number of points. */
  interval: StatsInterval;
}

/** Returns the range of the search parameters, or `fallback` if they contain no valid range. */
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
