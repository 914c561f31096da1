import * as z from 'zod/mini';
import { fromAddress } from './optional-param.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ranges that end now and move on. `stepMs`: how often they do. */
export const MOVING_RANGES = {
  '15m': { label: 'Last 15 minutes', lengthMs: 15 * MINUTE, stepMs: 15 * SECOND },
  '1h': { label: 'Last hour', lengthMs: HOUR, stepMs: 15 * SECOND },
  '24h': { label: 'Last 24 hours', lengthMs: DAY, stepMs: MINUTE },
  '7d': { label: 'Last 7 days', lengthMs: 7 * DAY, stepMs: 5 * MINUTE },
} as const;

export type MovingRange = keyof typeof MOVING_RANGES;

export const MOVING_RANGE_NAMES = ['15m', '1h', '24h', '7d'] as const satisfies readonly MovingRange[];

/** The parameters of a time range in the address, to spread into the schema of a page. */
export const timeRangeSearch = {
  range: fromAddress(z.enum(MOVING_RANGE_NAMES)),
  from: fromAddress(z.iso.datetime()),
  to: fromAddress(z.iso.datetime()),
};

export interface TimeRangeSearch {
  range?: MovingRange | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export type StatsInterval = 'minute' | 'hour' | 'day';

export interface TimeRange {
  /** Null: a range of its own, which does not move. */
  moving: MovingRange | null;
  from: string;
  to: string;
  /** How finely to count, so that a plot has neither too few nor too many points. */
  interval: StatsInterval;
}

/** The range that the address asks for; without one, or with one that ends before it begins, `fallback`. */
export function resolveTimeRange(search: TimeRangeSearch, fallback: MovingRange, nowMs: number): TimeRange {
  const { from, to } = search;
  if (search.range === undefined && from !== undefined && to !== undefined && from < to)
    return { moving: null, from, to, interval: intervalFor(Date.parse(to) - Date.parse(from)) };
  const moving = search.range ?? fallback;
  const { lengthMs, stepMs } = MOVING_RANGES[moving];
  const end = Math.ceil(nowMs / stepMs) * stepMs;
  return {
    moving,
    from: new Date(end - lengthMs).toISOString(),
    to: new Date(end).toISOString(),
    interval: intervalFor(lengthMs),
  };
}

function intervalFor(lengthMs: number): StatsInterval {
  if (lengthMs <= 6 * HOUR) return 'minute';
  return lengthMs <= 14 * DAY ? 'hour' : 'day';
}
