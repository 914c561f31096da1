import { api } from '../../api/api.js';
import { FilterSelect } from '../../components/filter-select.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { useTenantId } from '../../search/use-tenant-id.js';

/** Most keys that are offered. */
const MAX_KEYS = 200;

/** By which key, in the parameter `actor`. */
export function KeyFilter() {
  const [{ actor }] = useSearchParams();
  const tenantId = useTenantId();
  const { data } = api.useQuery('get', '/v1/api-keys', { params: { query: { limit: MAX_KEYS, tenantId } } });
  const keys = (data?.data ?? []).map(({ id, name, prefix }) => ({ value: id, label: name || prefix }));
  // Sessions and links to the portal have ids of their own, which no list has.
  const isForeign = typeof actor === 'string' && !keys.some(({ value }) => value === actor);
  return (
    <FilterSelect
      param="actor"
      label="Key"
      placeholder="Any key"
      data={isForeign ? [...keys, { value: actor, label: actor }] : keys}
      searchable
    />
  );
}
