import { Group, SimpleGrid, Title } from '@mantine/core';
import { keepPreviousData } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../../api/api.js';
import type { Webhook } from '../../../api/types.js';
import { EmptyState } from '../../../components/empty-state.js';
import { formatCount } from '../../../components/format-number.js';
import { SLOW_MEANING } from '../../../components/slow-badge.js';
import { ProblemAlert } from '../../../components/problem-alert.js';
import { TimeRangePicker } from '../../../components/time-range-picker.js';
import { useTimeRange } from '../../../search/use-time-range.js';
import { StatsPanel } from '../../overview/stats-panel.js';
import { DeliveryTiles } from '../../overview/delivery-tiles.js';
import { PendingTile } from '../../overview/pending-tile.js';
import { hasNoTraffic } from '../../overview/stats.js';
import { Tile, Tiles } from '../../overview/tile.js';
import { t } from '../../../i18n/t.js';

const route = getRouteApi('/_app/webhooks/$webhookId/');

/** Delivery outcomes and response times over time. */
export function WebhookMetrics({ webhook }: { webhook: Webhook }) {
  const { id: webhookId, slow, maxInFlight } = webhook;
  const range = useTimeRange(route.useSearch(), '24h');
  const { from, to, interval } = range;
  const stats = api.useQuery(
    'get',
    '/v1/stats',
    { params: { query: { webhookId, from, to, interval } } },
    { placeholderData: keepPreviousData },
  );
  const isMissing = stats.error !== null && stats.data === undefined;
  return (
    <>
      <Group justify="space-between" mt="xs">
        <Title order={2}>{t('Metrics')}</Title>
        <Group gap="xs">
          <TimeRangePicker range={range} />
        </Group>
      </Group>
      {stats.error && (
        <ProblemAlert error={stats.error} onRetry={stats.refetch} retrying={stats.isFetching} />
      )}
      {stats.data && hasNoTraffic(stats.data) && (
        <EmptyState title={t('No deliveries in this period')}>
          {t('Choose a longer period, or publish an event that this webhook receives.')}
        </EmptyState>
      )}
      {!isMissing && !(stats.data && hasNoTraffic(stats.data)) && (
        <>
          <Tiles>
            <DeliveryTiles total={stats.data?.total} />
          </Tiles>
          <Tiles>
            <PendingTile pending={stats.data?.pending} webhookId={webhookId} />
            <Tile
              label={t('Concurrency')}
              metrics={[
                { name: t('maximum'), value: formatCount(maxInFlight) },
                { name: t('receiver speed'), value: slow ? t('Slow') : t('Normal') },
              ]}
              note={SLOW_MEANING}
            />
          </Tiles>
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <StatsPanel metric="attempts" stats={stats.data} interval={interval} />
            <StatsPanel metric="outcomes" stats={stats.data} interval={interval} />
          </SimpleGrid>
          <StatsPanel metric="latency" stats={stats.data} interval={interval} />
        </>
      )}
    </>
  );
}
