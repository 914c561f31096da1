import type { DeliveryRecord, ListedStatus } from './delivery-query.js';

/** A range of HTTP statuses, both ends included. Null: no response. */
export type StatusRange = { from: number; to: number } | null;

/** Returns whether the last attempt of a delivery has a status in one of the ranges. */
export function hasResponseStatus(
  { lastStatus, lastError }: Pick<DeliveryRecord, 'lastStatus' | 'lastError'>,
  ranges: readonly StatusRange[],
): boolean {
  return ranges.some((range) => {
    if (range === null) return lastStatus === null && lastError !== null;
    return lastStatus !== null && lastStatus >= range.from && lastStatus <= range.to;
  });
}

/**
 * Returns the statuses of the deliveries that are read for a filter on the HTTP status alone. Undefined for all. The many succeeded
 * deliveries are read only for a 2xx status.
 */
export function anyStatusOf(ranges: readonly StatusRange[]): ListedStatus[] | undefined {
  const hasSuccess = ranges.some((range) => range !== null && range.from >= 200 && range.to < 300);
  return hasSuccess ? undefined : ['pending', 'failed', 'dropped'];
}
