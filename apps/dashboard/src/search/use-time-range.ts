import { useMemo } from 'react';
import {
  RELATIVE_RANGES,
  resolveTimeRange,
  type RelativeRange,
  type TimeRange,
  type TimeRangeSearch,
} from './time-range.js';
import { useNow } from './use-now.js';

/** Returns the time range from the URL. A relative range advances, which refetches the queries that use it. */
export function useTimeRange(search: TimeRangeSearch, fallback: RelativeRange): TimeRange {
  const now = useNow(RELATIVE_RANGES[search.range ?? fallback].stepMs);
  return useMemo(() => resolveTimeRange(search, fallback, now), [search, fallback, now]);
}
