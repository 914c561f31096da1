import { Text } from '@mantine/core';
import { type CountedResource, isNearlyFull, type Quota } from './use-quotas.js';
import { quotaText } from './quota-text.js';

interface QuotaUsageProps {
  /** Undefined shows nothing. */
  quota: Quota | undefined;
  resource: CountedResource;
  /** For `aria-describedby` of the button that creates one. */
  id?: string;
}

/** Shows how much of a quota is used: `12 of 500 webhooks`. */
export function QuotaUsage({ quota, resource, id }: QuotaUsageProps) {
  if (!quota) return null;
  return (
    <Text id={id} size="sm" c={isNearlyFull(quota) ? 'var(--warn)' : 'dimmed'}>
      {quotaText(resource, quota)}
    </Text>
  );
}
