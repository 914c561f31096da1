import { useMemo } from 'react';
import {
  MOVING_RANGES,
  resolveTimeRange,
  type MovingRange,
  type TimeRange,
  type TimeRangeSearch,
} from './time-range.js';
import { useNow } from './use-now.js';

/** The time range of the address. A moving one moves on, and what is asked for with it is asked anew. */
export function useTimeRange(search: TimeRangeSearch, fallback: MovingRange): TimeRange {
  const now = useNow(MOVING_RANGES[search.range ?? fallback].stepMs);
  return useMemo(() => resolveTimeRange(search, fallback, now), [search, fallback, now]);
}
