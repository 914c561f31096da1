import { Button } from '@mantine/core';
import { Plus } from 'lucide-react';
import { isFull, type Quota } from '../../components/use-quotas.js';
import { LinkButton } from '../../components/link-button.js';
import { t } from '../../i18n/t.js';

/** The element that shows the quota of webhooks. */
export const WEBHOOK_QUOTA_ID = 'webhook-quota';

/** Links to the form for a new webhook, unless the quota is reached. */
export function CreateWebhookLink({ quota }: { quota: Quota | undefined }) {
  const icon = <Plus size={16} aria-hidden />;
  if (quota && isFull(quota))
    return (
      <Button disabled leftSection={icon} aria-describedby={WEBHOOK_QUOTA_ID}>
        {t('Create webhook')}
      </Button>
    );
  return (
    <LinkButton to="/webhooks/new" leftSection={icon}>
      {t('Create webhook')}
    </LinkButton>
  );
}
