import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { useSeesAllTenants } from '../../api/session.js';
import { useQuotas } from '../../components/use-quotas.js';
import { Page } from '../../components/page.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { QuotaAlert } from '../../components/quota-alert.js';
import { TimeRangePicker } from '../../components/time-range-picker.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { useTimeRange } from '../../search/use-time-range.js';
import { StatsPanel } from './stats-panel.js';
import { AttentionPanel } from './attention-panel.js';
import { DeliveryTiles } from './delivery-tiles.js';
import { WorkersAndQueues } from './workers-and-queues.js';
import { GettingStarted } from './getting-started.js';
import { ConnectionBadge } from './connection-badge.js';
import { PendingTile } from './pending-tile.js';
import { Tiles } from './tile.js';
import { useOverview } from './use-overview.js';
import { WebhooksTile } from './webhooks-tile.js';
import { t } from '../../i18n/t.js';

const ATTENTION_INTERVAL_MS = 15_000;

const route = getRouteApi('/_app/');

export function OverviewPage() {
  const range = useTimeRange(route.useSearch(), '1h');
  const tenantId = useTenantId();
  const seesSystem = useSeesAllTenants() && tenantId === undefined;
  const quotas = useQuotas();
  const { overview, live } = useOverview(tenantId);
  const { from, to, interval } = range;
  const stats = api.useQuery(
    'get',
    '/v1/stats',
    { params: { query: { from, to, interval, tenantId } } },
    { placeholderData: keepPreviousData },
  );
  const attention = api.useQuery(
    'get',
    '/v1/overview/attention',
    { params: { query: { tenantId } } },
    { placeholderData: keepPreviousData, refetchInterval: ATTENTION_INTERVAL_MS },
  );
  const queries = [overview, stats, attention];
  const error = queries.find((query) => query.error !== null)?.error ?? null;
  const webhooks = overview.data?.webhooks;
  const isMissing = error !== null && queries.some(({ data }) => data === undefined);
  const isFirstRun = webhooks && webhooks.active + webhooks.suspended + webhooks.pendingValidation === 0;

  return (
    <Page
      title={t('Overview')}
      actions={
        !isFirstRun && (
          <>
            <ConnectionBadge state={live} />
            <TimeRangePicker range={range} />
          </>
        )
      }
    >
      {error && (
        <ProblemAlert
          error={error}
          onRetry={() => Promise.all(queries.map((query) => query.refetch()))}
          retrying={queries.some(({ isFetching }) => isFetching)}
        />
      )}
      {!seesSystem && <QuotaAlert quotas={quotas} />}
      {isFirstRun && <GettingStarted />}
      {!isFirstRun && !isMissing && (
        <>
          <Tiles>
            <DeliveryTiles total={stats.data?.total} />
          </Tiles>
          <Tiles>
            <WebhooksTile webhooks={webhooks} />
            <PendingTile pending={overview.data?.pending} />
          </Tiles>
          {attention.data && (
            <>
              <AttentionPanel attention={attention.data} />
              {seesSystem && <WorkersAndQueues overview={overview.data} />}
              <StatsPanel metric="attempts" stats={stats.data} interval={interval} />
              <StatsPanel metric="outcomes" stats={stats.data} interval={interval} />
              <StatsPanel metric="latency" stats={stats.data} interval={interval} />
            </>
          )}
        </>
      )}
    </Page>
  );
}
