import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import { useEventStream } from '../../api/use-event-stream.js';
import { overviewData } from './overview-data.js';

/** Loads the overview, then updates it from the event stream. */
export function useOverview(tenantId: string | undefined) {
  const queryClient = useQueryClient();
  const init = { params: { query: { tenantId } } };
  const overview = api.useQuery('get', '/v1/overview', init);
  const { queryKey } = api.queryOptions('get', '/v1/overview', init);
  const query = tenantId === undefined ? '' : `?${new URLSearchParams({ tenantId }).toString()}`;
  const live = useEventStream({
    url: `/v1/overview/live${query}`,
    event: 'overview',
    schema: overviewData,
    onData: (data) => queryClient.setQueryData(queryKey, data),
  });
  return { overview, live };
}
