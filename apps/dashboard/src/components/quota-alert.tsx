import { Alert, Text } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { type CountedResource, isFull, isNearlyFull, type Quota } from './use-quotas.js';
import { quotaText } from './quota-text.js';
import { WARN_ALERT } from './alert-colors.js';
import { t } from '../i18n/t.js';

/** Warns of quotas that are reached, or nearly. */
export function QuotaAlert({ quotas }: { quotas: Partial<Record<CountedResource, Quota>> | undefined }) {
  const shown = (['webhooks', 'apiKeys', 'portalLinks'] as const).flatMap((resource) => {
    const quota = quotas?.[resource];
    return quota && isNearlyFull(quota) ? [{ resource, quota }] : [];
  });
  if (shown.length === 0) return null;
  return (
    <Alert
      classNames={WARN_ALERT}
      title={shown.some(({ quota }) => isFull(quota)) ? t('Quota reached') : t('Quota nearly reached')}
      icon={<TriangleAlert size={18} aria-hidden />}
      role="status"
    >
      {shown.map(({ resource, quota }) => (
        <Text key={resource}>{quotaText(resource, quota)}</Text>
      ))}
    </Alert>
  );
}
