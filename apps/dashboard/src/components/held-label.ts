import type { Delivery } from '../api/types.js';

const REASONS: Record<NonNullable<Delivery['heldReason']>, string> = {
  paused: 'Held: paused by Retry-After',
  rate_limit: 'Held: rate limit reached',
  window: 'Held: webhook at capacity',
};

/** Returns which limit holds a delivery. */
export function heldLabel({ heldReason }: Pick<Delivery, 'heldReason'>): string {
  return heldReason === null ? 'Held: webhook limit reached' : REASONS[heldReason];
}
