import { api } from '../../api/api.js';
import { useAllows } from '../../api/session.js';
import { FilterSelect } from '../../components/filter-select.js';
import { useSearchParams } from '../../search/use-search-params.js';
import { groupedEventTypes } from './grouped-event-types.js';
import { t } from '../../i18n/t.js';

/** Event types to choose from. */
const MAX_EVENT_TYPES = 200;

/** Filters by an event type of the catalog, in the parameter `eventType`. */
export function EventTypeFilter() {
  const [{ eventType }] = useSearchParams();
  const { data } = api.useQuery(
    'get',
    '/v1/event-types',
    { params: { query: { limit: MAX_EVENT_TYPES } } },
    { enabled: useAllows('catalog') },
  );
  const known = data?.data ?? [];
  // The URL may contain a type that is not in the catalog.
  const isUnlisted = typeof eventType === 'string' && !known.some(({ name }) => name === eventType);
  return (
    <FilterSelect
      param="eventType"
      label={t('Event type')}
      placeholder={t('Any event type')}
      data={groupedEventTypes(isUnlisted ? [...known, { name: eventType, group: null }] : known)}
      searchable
    />
  );
}
