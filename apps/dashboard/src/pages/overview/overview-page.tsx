import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { useSeesAllTenants } from '../../api/session.js';
import { useQuotas } from '../../api/use-quotas.js';
import { Page } from '../../components/page.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { QuotaAlert } from '../../components/quota-alert.js';
import { TimeRangePicker } from '../../components/time-range-picker.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { useTimeRange } from '../../search/use-time-range.js';
import { DeliveryTiles } from './delivery-tiles.js';
import { WorkersAndQueues } from './workers-and-queues.js';
import { FailingWebhooks } from './failing-webhooks.js';
import { GettingStarted } from './getting-started.js';
import { LatencyPanel } from './latency-panel.js';
import { ConnectionBadge } from './connection-badge.js';
import { OutcomePanel } from './outcome-panel.js';
import { Tiles } from './tile.js';
import { useOverview } from './use-overview.js';
import { WebhooksTile } from './webhooks-tile.js';

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
  const error = overview.error ?? stats.error;
  const webhooks = overview.data?.webhooks;
  const isMissing = error !== null && (overview.data === undefined || stats.data === undefined);
  const isFirstRun = webhooks && webhooks.active + webhooks.suspended + webhooks.pendingValidation === 0;

  return (
    <Page
      title="Overview"
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
          onRetry={() => Promise.all([overview.refetch(), stats.refetch()])}
          retrying={overview.isFetching || stats.isFetching}
        />
      )}
      {!seesSystem && <QuotaAlert quotas={quotas} />}
      {isFirstRun && <GettingStarted />}
      {!isFirstRun && !isMissing && (
        <>
          <Tiles>
            <DeliveryTiles total={stats.data?.total} />
            <WebhooksTile webhooks={webhooks} />
          </Tiles>
          {seesSystem && <WorkersAndQueues overview={overview.data} />}
          <OutcomePanel stats={stats.data} interval={interval} />
          <LatencyPanel stats={stats.data} interval={interval} />
          <FailingWebhooks stats={stats.data} />
        </>
      )}
    </Page>
  );
}
