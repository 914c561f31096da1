import { api } from '../../api/api.js';
import { FilterSelect } from '../../components/filter-select.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { useTenantId } from '../../search/use-tenant-id.js';

/** Keys to choose from. */
const MAX_KEYS = 200;

/** Filters by API key, in the parameter `actor`. */
export function KeyFilter() {
  const [{ actor }] = useSearchParams();
  const tenantId = useTenantId();
  const { data } = api.useQuery('get', '/v1/api-keys', { params: { query: { limit: MAX_KEYS, tenantId } } });
  const keys = (data?.data ?? []).map(({ id, name, prefix }) => ({ value: id, label: name || prefix }));
  // IDs of sessions and portal links are in no list.
  const isUnlisted = typeof actor === 'string' && !keys.some(({ value }) => value === actor);
  return (
    <FilterSelect
      param="actor"
      label="API key"
      placeholder="Any API key"
      data={isUnlisted ? [...keys, { value: actor, label: actor }] : keys}
      searchable
    />
  );
}
