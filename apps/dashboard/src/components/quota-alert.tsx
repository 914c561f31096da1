import { Alert, Text } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { type CountedResource, isFull, isNearlyFull, type Quota } from '../api/use-quotas.js';
import { formatCount } from './format-number.js';
import classes from './quota-alert.module.css';

const NOUNS: Record<CountedResource, string> = {
  webhooks: 'webhooks',
  apiKeys: 'API keys',
  portalLinks: 'portal links',
};

/** Warns of quotas that are reached, or nearly. */
export function QuotaAlert({ quotas }: { quotas: Partial<Record<CountedResource, Quota>> | undefined }) {
  const shown = (['webhooks', 'apiKeys', 'portalLinks'] as const).flatMap((resource) => {
    const quota = quotas?.[resource];
    return quota && isNearlyFull(quota) ? [{ resource, quota }] : [];
  });
  if (shown.length === 0) return null;
  return (
    <Alert
      classNames={{ root: classes.alert, title: classes.title, icon: classes.icon }}
      title={shown.some(({ quota }) => isFull(quota)) ? 'Quota reached' : 'Quota nearly reached'}
      icon={<TriangleAlert size={18} aria-hidden />}
      role="status"
    >
      {shown.map(({ resource, quota: { used, limit } }) => (
        <Text key={resource}>
          {formatCount(used)} of {formatCount(limit)} {NOUNS[resource]} are in use.
        </Text>
      ))}
    </Alert>
  );
}
