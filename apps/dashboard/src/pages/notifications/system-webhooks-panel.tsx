import { Webhook as WebhookIcon } from 'lucide-react';
import { api } from '../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../api/pagination.js';
import { useCan } from '../../api/session.js';
import { SYSTEM_SCOPE } from '../../api/system-scope.js';
import type { Webhook } from '../../api/types.js';
import { DataTable, type Column } from '../../components/data-table.js';
import { EmptyState } from '../../components/empty-state.js';
import { LinkButton } from '../../components/link-button.js';
import { Panel } from '../../components/panel.js';
import { RowLink } from '../../components/row-link.js';
import { StatusBadge } from '../../components/status-badge.js';
import { webhookTitle } from '../../components/webhook-name.js';

const COLUMNS: Column<Webhook>[] = [
  {
    label: 'URL',
    width: 'minmax(0, 2fr)',
    cell: ({ id, url }) => (
      <RowLink to="/webhooks/$webhookId" params={{ webhookId: id }}>
        {webhookTitle({ id, url })}
      </RowLink>
    ),
  },
  { label: 'Events', width: 'minmax(0, 1fr)', cell: ({ eventTypes }) => eventTypes.join(', ') },
  { label: 'Status', width: '184px', cell: ({ status }) => <StatusBadge status={status} /> },
];

/** The webhooks of the operator. */
export function SystemWebhooksPanel() {
  const canCreate = useCan('webhooks:write');
  const list = api.useInfiniteQuery(
    'get',
    '/v1/webhooks',
    { params: { query: { limit: PAGE_SIZE, tenantId: SYSTEM_SCOPE } } },
    PAGINATION,
  );
  return (
    <Panel
      title="Operator webhooks"
      description="Receive the operational events of all tenants. For Slack, Microsoft Teams or Discord messages, set the delivery format in the advanced settings."
      actions={
        canCreate && (
          <LinkButton to="/webhooks/new" search={{ tenant: SYSTEM_SCOPE }}>
            Create webhook
          </LinkButton>
        )
      }
      flush
    >
      <DataTable
        label="Operator webhooks"
        columns={COLUMNS}
        list={list}
        empty={
          <EmptyState title="No webhooks yet" icon={WebhookIcon}>
            Create one to send alerts to a chat or to your own system.
          </EmptyState>
        }
      />
    </Panel>
  );
}
