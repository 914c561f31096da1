import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { api } from '../../../api/api.js';
import { PAGE_SIZE, PAGINATION } from '../../../api/pagination.js';
import { useCan } from '../../../api/session.js';
import { DataTable } from '../../../components/data-table.js';
import { EmptyState } from '../../../components/empty-state.js';
import { Panel } from '../../../components/panel.js';
import { useWebhook } from '../use-webhook.js';
import { replayColumns } from './replay-columns.js';
import { t } from '../../../i18n/t.js';

// Loaded after the list.
const NewReplay = lazy(() => import('./new-replay.js'));

const FORM_HEIGHT = 280;

/** The Replays tab: starts replays and lists them with their progress. */
export function WebhookReplaysPage() {
  const webhook = useWebhook();
  const canReplay = useCan('deliveries:write');
  const replays = api.useInfiniteQuery(
    'get',
    '/v1/replays',
    { params: { query: { webhookId: webhook.id, limit: PAGE_SIZE } } },
    PAGINATION,
  );
  return (
    <>
      {canReplay && (
        <Suspense fallback={<Skeleton height={FORM_HEIGHT} />}>
          <NewReplay webhook={webhook} />
        </Suspense>
      )}
      <Panel title={t('Replays')} flush>
        <DataTable
          flush
          label={t('Replays')}
          columns={replayColumns({ canCancel: canReplay })}
          list={replays}
          empty={
            <EmptyState title={t('No replays yet')}>
              {t(
                'A replay sends past deliveries of this webhook again, such as those that failed during an outage.',
              )}
            </EmptyState>
          }
        />
      </Panel>
    </>
  );
}
