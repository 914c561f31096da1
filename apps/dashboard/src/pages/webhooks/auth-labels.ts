import type { Webhook } from '../../api/types.js';
import { t } from '../../i18n/t.js';

export const AUTH_LABELS: Record<NonNullable<Webhook['auth']>['type'], string> = {
  basic: t('User name and password'),
  apiKey: t('Key in a header'),
  oauth2: t('OAuth 2.0 client credentials'),
};
