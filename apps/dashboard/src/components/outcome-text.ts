import { t } from '../i18n/t.js';

type OutcomeKey = 'succeeded' | 'failed' | 'retrying' | 'dropped' | 'pending' | 'available';

/** Returns how many deliveries have an outcome: `2 failed`. */
export function outcomeCount(key: OutcomeKey, count: number): string {
  switch (key) {
    case 'succeeded':
      return t('{{count, number}} succeeded', { count });
    case 'failed':
      return t('{{count, number}} failed', { count });
    case 'retrying':
      return t('{{count, number}} failed again, will be retried', { count });
    case 'dropped':
      return t('{{count, number}} dropped', { count });
    case 'pending':
      return t('{{count, number}} pending', { count });
    case 'available':
      return t('{{count, number}} available', { count });
  }
}
