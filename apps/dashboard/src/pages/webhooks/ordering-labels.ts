import type { Webhook } from '../../api/types.js';
import { t } from '../../i18n/t.js';

export const ORDERING_LABELS: Record<Webhook['ordering'], string> = {
  none: t('No order'),
  strict: t('One after the other'),
  byKey: t('One after the other for each key'),
};

export const EXHAUSTED_LABELS: Record<Webhook['onExhausted'], string> = {
  skip: t('The delivery fails, and the next one follows'),
  block: t('The delivery is retried further, and the next ones wait'),
};
