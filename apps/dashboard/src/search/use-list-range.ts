import { useMemo } from 'react';
import { resolveTimeRange, type TimeRange, type TimeRangeSearch } from './time-range.js';

/**
 * The time range of the address, for a list; null for any time. Unlike that of a plot it stays as it was when it was chosen: one that
 * moves on would take away the rows that were scrolled to.
 */
export function useListRange({ range, from, to }: TimeRangeSearch): TimeRange | null {
  return useMemo(
    () =>
      range === undefined && (from === undefined || to === undefined)
        ? null
        : // oxlint-disable-next-line react/purity -- meant: the moment when it was chosen
          resolveTimeRange({ range, from, to }, '24h', Date.now()),
    [range, from, to],
  );
}

/** The bounds to ask the API for. A range that moves has no end: what comes meanwhile belongs to it. */
export function toTimeBounds(range: TimeRange | null): { from?: string; to?: string } {
  if (range === null) return {};
  return range.relative === null ? { from: range.from, to: range.to } : { from: range.from };
}
