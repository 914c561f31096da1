import type { Webhook } from '../../api/types.js';
import { formatCount } from '../../components/format-number.js';
import { t } from '../../i18n/t.js';

const UNITS: Record<number, string> = { 1: 's', 60: 'min', 3600: 'h' };

/** `50/s`, `100/min`, `5/10 s`, or `None`. */
export function formatRateLimit(rateLimit: Webhook['rateLimit']): string {
  if (rateLimit === null) return t('None');
  const { limit, perSeconds } = rateLimit;
  return `${formatCount(limit)}/${UNITS[perSeconds] ?? `${formatCount(perSeconds)} s`}`;
}
