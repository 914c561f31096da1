import { useMemo } from 'react';
import {
  RELATIVE_RANGES,
  resolveTimeRange,
  type RelativeRange,
  type TimeRange,
  type TimeRangeSearch,
} from './time-range.js';
import { useNow } from './use-now.js';

/** The time range of the address. A relative one moves on, and what is asked for with it is asked anew. */
export function useTimeRange(search: TimeRangeSearch, fallback: RelativeRange): TimeRange {
  const now = useNow(RELATIVE_RANGES[search.range ?? fallback].stepMs);
  return useMemo(() => resolveTimeRange(search, fallback, now), [search, fallback, now]);
}
