import { NumberInput, SimpleGrid, Title } from '@mantine/core';
import { formatCount } from '../../components/format-number.js';
import { type QuotaName, QUOTAS, type TenantForm } from './tenant-form-values.js';
import type { TenantDetails } from './tenant.js';

const LABELS: Record<QuotaName, string> = {
  webhooks: 'Webhooks',
  apiKeys: 'API keys',
  portalLinks: 'Portal links',
  eventsPerSecond: 'Events per second',
  eventBytes: 'Event size',
};

export function QuotaFields({ form, tenant }: { form: TenantForm; tenant: TenantDetails }) {
  return (
    <>
      <Title order={3} size="h4">
        Quotas
      </Title>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {QUOTAS.map((name) => (
          <NumberInput
            key={name}
            label={LABELS[name]}
            description={usageText(tenant, name)}
            placeholder={defaultText(tenant, name)}
            allowNegative={false}
            allowDecimal={false}
            {...(name === 'eventBytes' && { suffix: ' bytes' })}
            {...form.getInputProps(`quotas.${name}`)}
          />
        ))}
      </SimpleGrid>
    </>
  );
}

function usageText({ usage }: TenantDetails, name: QuotaName): string {
  switch (name) {
    case 'webhooks':
    case 'apiKeys':
    case 'portalLinks':
      return `${formatCount(usage[name])} in use`;
    case 'eventsPerSecond':
      return 'Pushes over the rate are delayed';
    case 'eventBytes':
      return 'At most 262,144 bytes';
  }
}

function defaultText({ quotas, effectiveQuotas }: TenantDetails, name: QuotaName): string {
  if (quotas[name] !== null) return 'Default';
  const applied = effectiveQuotas[name];
  return applied === null ? 'Unlimited' : `Default: ${formatCount(applied)}`;
}
