import { Skeleton } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { useSeesAllTenants } from '../../api/session.js';
import { countOf, durationOf } from '../../pieces/count-text.js';
import { Page } from '../../pieces/page.js';
import { Panel } from '../../pieces/panel.js';
import { Plot } from '../../pieces/plot.js';
import { ProblemAlert } from '../../pieces/problem-alert.js';
import { TimeRangePicker } from '../../pieces/time-range-picker.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import { useTimeRange } from '../../search/use-time-range.js';
import { DeliveryTiles } from './delivery-tiles.js';
import { Engine } from './engine.js';
import { FailingWebhooks } from './failing-webhooks.js';
import { FirstSteps } from './first-steps.js';
import { LiveBadge } from './live-badge.js';
import { latencyPoints, outcomePoints } from './stats.js';
import { Tiles } from './tile.js';
import { useOverview } from './use-overview.js';
import { WebhooksTile } from './webhooks-tile.js';

const route = getRouteApi('/_app/');

const PLOT_HEIGHT = 220;

const OUTCOMES = [
  { key: 'succeeded', label: 'Succeeded', color: 'var(--good-fill)' },
  { key: 'failed', label: 'Failed', color: 'var(--bad-fill)' },
  { key: 'dropped', label: 'Dropped', color: 'var(--calm-fill)' },
];

const PERCENTILES = [
  { key: 'p50', label: 'p50', color: 'var(--busy-fill)' },
  { key: 'p95', label: 'p95', color: 'var(--warn-fill)' },
  { key: 'p99', label: 'p99', color: 'var(--bad-fill)' },
];

export function OverviewPage() {
  const range = useTimeRange(route.useSearch(), '1h');
  const tenantId = useTenantId();
  const seesSystem = useSeesAllTenants() && tenantId === undefined;
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
  const isFirstRun = webhooks && webhooks.active + webhooks.suspended + webhooks.pendingValidation === 0;

  return (
    <Page
      title="Overview"
      actions={
        !isFirstRun && (
          <>
            <LiveBadge state={live} />
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
      {isFirstRun ? (
        <FirstSteps />
      ) : (
        <>
          <Tiles>
            <DeliveryTiles total={stats.data?.total} />
            <WebhooksTile webhooks={webhooks} />
          </Tiles>
          {seesSystem && <Engine overview={overview.data} />}
          <Panel title={`Deliveries per ${interval}`} description="By what became of them">
            {stats.data ? (
              <Plot
                label={`Deliveries per ${interval}`}
                kind="bars"
                points={outcomePoints(stats.data)}
                interval={interval}
                format={countOf}
                series={OUTCOMES}
                height={PLOT_HEIGHT}
              />
            ) : (
              <Skeleton height={PLOT_HEIGHT} />
            )}
          </Panel>
          <Panel title="Latency" description="How long receivers took to answer">
            {stats.data ? (
              <Plot
                label="Latency of receivers"
                kind="lines"
                points={latencyPoints(stats.data)}
                interval={interval}
                format={durationOf}
                series={PERCENTILES}
                height={PLOT_HEIGHT}
              />
            ) : (
              <Skeleton height={PLOT_HEIGHT} />
            )}
          </Panel>
          <FailingWebhooks stats={stats.data} />
        </>
      )}
    </Page>
  );
}
