import type { Webhook } from '../../api/types.js';
import { t } from '../../i18n/t.js';

export const DELIVERY_LABELS: Record<Webhook['delivery'], string> = {
  push: t('Send requests to a URL'),
  pull: t('Read with the feed'),
};
