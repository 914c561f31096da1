export { findById, type FoundResource } from './find-by-id.js';
export {
  type FoundEvent,
  searchEventsById,
  searchEventsByIdempotencyKey,
  searchEventsByValue,
} from './search-events.js';
export { listSearchKeys, searchEventTypes, searchTenants } from './search-names.js';
export { SEARCH_TIMEOUT_MS, type SearchScope } from './search-scope.js';
export { searchWebhooks } from './search-webhooks.js';
