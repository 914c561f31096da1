import { useMemo } from 'react';
import { resolveTimeRange, type TimeRange, type TimeRangeSearch } from './time-range.js';

/**
 * Returns the time range of a list from the URL; null for any time. Unlike the range of a plot it does not advance, because rows that
 * the user has scrolled to would disappear.
 */
export function useListRange({ range, from, to }: TimeRangeSearch): TimeRange | null {
  return useMemo(
    () =>
      range === undefined && (from === undefined || to === undefined)
        ? null
        : // oxlint-disable-next-line react/purity -- intended: the time of the selection
          resolveTimeRange({ range, from, to }, '24h', Date.now()),
    [range, from, to],
  );
}

/** Returns the query parameters of a range. A relative range has no end, so that it includes new rows. */
export function toTimeBounds(range: TimeRange | null): { from?: string; to?: string } {
  if (range === null) return {};
  return range.relative === null ? { from: range.from, to: range.to } : { from: range.from };
}
