import { Text } from '@mantine/core';
import { isFull, isNearlyFull, type Quota } from '../api/use-quotas.js';
import { t } from '../i18n/t.js';

interface QuotaUsageProps {
  /** Undefined shows nothing. */
  quota: Quota | undefined;
  /** What is counted, in the plural: `webhooks`. */
  noun: string;
  /** For `aria-describedby` of the button that creates one. */
  id?: string;
}

/** Shows how much of a quota is used: `12 of 500 webhooks`. */
export function QuotaUsage({ quota, noun, id }: QuotaUsageProps) {
  if (!quota) return null;
  const { used, limit } = quota;
  return (
    <Text id={id} size="sm" c={isNearlyFull(quota) ? 'var(--warn)' : 'dimmed'}>
      {isFull(quota)
        ? t('{{used, number}} of {{limit, number}} {{noun}}: the quota is reached', { used, limit, noun })
        : t('{{used, number}} of {{limit, number}} {{noun}}', { used, limit, noun })}
    </Text>
  );
}
