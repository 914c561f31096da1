import { type CountedResource, isFull, type Quota } from './use-quotas.js';
import { t } from '../i18n/t.js';

/** Returns how much of a quota is used: `12 of 500 webhooks`. */
export function quotaText(resource: CountedResource, quota: Quota): string {
  const { used, limit } = quota;
  switch (resource) {
    case 'webhooks':
      return isFull(quota)
        ? t('{{used, number}} of {{limit, number}} webhooks: the quota is reached', { used, limit })
        : t('{{used, number}} of {{limit, number}} webhooks', { used, limit });
    case 'apiKeys':
      return isFull(quota)
        ? t('{{used, number}} of {{limit, number}} active API keys: the quota is reached', { used, limit })
        : t('{{used, number}} of {{limit, number}} active API keys', { used, limit });
    case 'portalLinks':
      return isFull(quota)
        ? t('{{used, number}} of {{limit, number}} portal links: the quota is reached', { used, limit })
        : t('{{used, number}} of {{limit, number}} portal links', { used, limit });
  }
}
