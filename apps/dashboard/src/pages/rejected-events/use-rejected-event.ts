import { api } from '../../api/api.js';
import { useListedTenant } from '../../search/use-listed-tenant.js';
import { timestampOfId } from '../../search/timestamp-of-id.js';

const PAGE_SIZE = 200;

/** Loads one rejected event. The API only lists them, so this lists the millisecond of the ID. */
export function useRejectedEvent(id: string) {
  const time = timestampOfId(id) ?? 0;
  const query = {
    limit: PAGE_SIZE,
    tenantId: useListedTenant(),
    from: new Date(time).toISOString(),
    to: new Date(time + 1).toISOString(),
  };
  const { data, ...rest } = api.useQuery('get', '/v1/rejected-events', { params: { query } });
  return { ...rest, rejectedEvent: data?.data.find((rejected) => rejected.id === id) };
}
