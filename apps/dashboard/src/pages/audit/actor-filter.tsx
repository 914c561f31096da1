import { api } from '../../api/api.js';
import { FilterSelect } from '../../components/filter-select.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { useTenantId } from '../../search/use-tenant-id.js';
import type { ActorPerson } from './people.js';

/** Keys to choose from. */
const MAX_KEYS = 200;

/** Filters by API key or person, in the parameter `actor`. */
export function ActorFilter({ people }: { people: readonly ActorPerson[] }) {
  const [{ actor }] = useSearchParams();
  const tenantId = useTenantId();
  const { data } = api.useQuery('get', '/v1/api-keys', { params: { query: { limit: MAX_KEYS, tenantId } } });
  const groups = [
    { group: 'People', items: people.map(({ id, name }) => ({ value: id, label: name })) },
    {
      group: 'API keys',
      items: (data?.data ?? []).map(({ id, name, prefix }) => ({ value: id, label: name || prefix })),
    },
  ];
  const listed = groups.flatMap(({ items }) => items);
  // IDs of sessions and portal links are in no list.
  if (typeof actor === 'string' && !listed.some(({ value }) => value === actor))
    groups.push({ group: 'Other', items: [{ value: actor, label: actor }] });
  return (
    <FilterSelect
      param="actor"
      label="Actor"
      placeholder="Any actor"
      data={groups.filter(({ items }) => items.length > 0)}
      searchable
    />
  );
}
