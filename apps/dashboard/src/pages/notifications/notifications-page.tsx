import { Stack } from '@mantine/core';
import { useCan, useSeesAllTenants, useSession } from '../../api/session.js';
import { SYSTEM_SCOPE } from '../../api/system-scope.js';
import { Page } from '../../components/page.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { EmailPanel } from './email-panel.js';
import { RecipientsPanel } from './recipients-panel.js';
import { SystemWebhooksPanel } from './system-webhooks-panel.js';
import { t } from '../../i18n/t.js';

/** Who learns of failing webhooks: the operator, and the recipients of the selected tenant. */
export function NotificationsPage() {
  const seesAllTenants = useSeesAllTenants();
  const seesEmail = useCan('admin:read');
  const tenantId = useTenantId();
  const { emailEnabled } = useSession();
  const hasTenant = !seesAllTenants || (tenantId !== undefined && tenantId !== SYSTEM_SCOPE);
  return (
    <Page title={t('Notifications')} description={t('Get notified about failing and suspended webhooks.')}>
      <Stack>
        {seesAllTenants && seesEmail && <EmailPanel />}
        {emailEnabled && hasTenant && <RecipientsPanel tenantId={tenantId} />}
        {seesAllTenants && <SystemWebhooksPanel />}
      </Stack>
    </Page>
  );
}
