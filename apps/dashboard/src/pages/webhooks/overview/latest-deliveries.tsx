import { api } from '../../../api/api.js';
import { PAGINATION } from '../../../api/pagination.js';
import { DataTable } from '../../../components/data-table.js';
import { EmptyState } from '../../../components/empty-state.js';
import { Panel } from '../../../components/panel.js';
import { TextLink } from '../../../components/text-link.js';
import { deliveryColumns } from '../../deliveries/delivery-columns.js';
import { t } from '../../../i18n/t.js';

const MAX_DELIVERIES = 8;

const REFRESH_MS = 10_000;

const COLUMNS = deliveryColumns({ rows: [], selection: null, withWebhook: false, withTenant: false });

export function LatestDeliveries({ webhookId }: { webhookId: string }) {
  const deliveries = api.useInfiniteQuery(
    'get',
    '/v1/deliveries',
    { params: { query: { webhookId, limit: MAX_DELIVERIES } } },
    { ...PAGINATION, getNextPageParam: () => null, refetchInterval: REFRESH_MS },
  );
  return (
    <Panel
      title={t('Latest deliveries')}
      flush
      actions={
        <TextLink to="/webhooks/$webhookId/deliveries" params={{ webhookId }} size="sm">
          {t('View all deliveries')}
        </TextLink>
      }
    >
      <DataTable
        flush
        label={t('Latest deliveries')}
        columns={COLUMNS}
        list={deliveries}
        empty={
          <EmptyState title={t('No deliveries yet')}>
            {t('Events that match this webhook appear here when they are published.')}
          </EmptyState>
        }
      />
    </Panel>
  );
}
