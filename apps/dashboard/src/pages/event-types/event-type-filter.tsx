import { api } from '../../api/api.js';
import { FilterSelect } from '../../components/filter-select.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { groupedEventTypes } from './grouped-event-types.js';

/** Most event types that are offered. */
const MAX_EVENT_TYPES = 200;

/** One of the catalogue's event types, by their groups, in the parameter `eventType`. */
export function EventTypeFilter() {
  const [{ eventType }] = useSearchParams();
  const { data } = api.useQuery('get', '/v1/event-types', { params: { query: { limit: MAX_EVENT_TYPES } } });
  const known = data?.data ?? [];
  // The address may name a type that is in no catalogue.
  const isForeign = typeof eventType === 'string' && !known.some(({ name }) => name === eventType);
  return (
    <FilterSelect
      param="eventType"
      label="Event type"
      placeholder="Any event type"
      data={groupedEventTypes(isForeign ? [...known, { name: eventType, group: null }] : known)}
      searchable
    />
  );
}
