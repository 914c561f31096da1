import { TenantName } from '../../components/tenant-name.js';
import { WebhookName } from '../../components/webhook-name.js';
import type { ListedRecovery } from './recovery.js';
import { tNode } from '../../i18n/t.js';

/** The webhook or tenant of a recovery. */
export function RecoveryTarget({ recovery: { webhookId, tenantId } }: { recovery: ListedRecovery }) {
  if (webhookId !== null) return <WebhookName id={webhookId} />;
  if (tenantId === null) return 'All tenants';
  return <>{tNode('All webhooks of {{tenant}}', { tenant: <TenantName id={tenantId} /> })}</>;
}
