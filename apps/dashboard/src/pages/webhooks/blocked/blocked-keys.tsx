import { api } from '../../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../../api/pagination.js';
import { useCan } from '../../../api/session.js';
import { DataTable } from '../../../components/data-table.js';
import { EmptyState } from '../../../components/empty-state.js';
import { Panel } from '../../../components/panel.js';
import { blockedKeyColumns } from './blocked-key-columns.js';
import { toRows } from './blocked-key.js';
import { t } from '../../../i18n/t.js';

const REFRESH_MS = 10_000;

/** The failed deliveries of a webhook that others wait for. */
export function BlockedKeys({ webhookId: id }: { webhookId: string }) {
  const canRetry = useCan('deliveries:write');
  const keys = api.useInfiniteQuery(
    'get',
    '/v1/webhooks/{id}/blocked-keys',
    { params: { path: { id }, query: { limit: PAGE_SIZE } } },
    {
      ...PAGINATION,
      refetchInterval: (query) => PAGINATION.refetchOnMount(query) && REFRESH_MS,
    },
  );
  return (
    <Panel title={t('Blocked keys')} description={t('Failed deliveries that later ones wait for')} flush>
      <DataTable
        flush
        label={t('Blocked keys')}
        columns={blockedKeyColumns({ canRetry })}
        list={{ ...keys, data: keys.data && toRows(keys.data) }}
        empty={
          <EmptyState title={t('No key is blocked')}>
            {t('A delivery that failed appears here while later ones wait for it.')}
          </EmptyState>
        }
      />
    </Panel>
  );
}
