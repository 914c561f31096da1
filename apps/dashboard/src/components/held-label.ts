import type { Delivery } from '../api/types.js';
import { t } from '../i18n/t.js';

const REASONS: Record<NonNullable<Delivery['heldReason']>, string> = {
  paused: t('Held: paused by Retry-After'),
  rate_limit: t('Held: rate limit reached'),
  window: t('Held: webhook at capacity'),
};

/** Returns which limit holds a delivery. */
export function heldLabel({ heldReason }: Pick<Delivery, 'heldReason'>): string {
  return heldReason === null ? t('Held: webhook limit reached') : REASONS[heldReason];
}
