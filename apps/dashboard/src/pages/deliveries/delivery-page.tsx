import { Group, Skeleton } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { api } from '../../api/api.js';
import { Page } from '../../pieces/page.js';
import { ProblemAlert } from '../../pieces/problem-alert.js';
import { StatusBadge } from '../../pieces/status-badge.js';
import { TextLink } from '../../pieces/text-link.js';
import { reasonWords } from './delivery-words.js';

const route = getRouteApi('/_app/deliveries/$deliveryId');

export function DeliveryPage() {
  const { deliveryId: id } = route.useParams();
  const { data, error, refetch, isFetching } = api.useQuery('get', '/v1/deliveries/{id}', {
    params: { path: { id } },
  });
  return (
    <Page
      title={data?.eventType ?? 'Delivery'}
      above={<TextLink to="/deliveries">Deliveries</TextLink>}
      heading={
        <Group gap="sm">
          {data?.eventType ?? id}
          {data && <StatusBadge status={data.status} />}
        </Group>
      }
    >
      {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      {data ? reasonWords(data)?.full : !error && <Skeleton height={320} />}
    </Page>
  );
}
