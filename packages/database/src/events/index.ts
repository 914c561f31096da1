export {
  acceptEvents,
  acceptEventsWithoutRules,
  type FilterResults,
  type KeysToCheck,
  type RememberedKey,
} from './accept-events.js';
export type { CreatedDeliveries, ErasedIds, RefusedKeys, StoredDelivery } from './created-deliveries.js';
export { countSubscriptions } from './count-subscriptions.js';
export { type DuplicateEvent, findDuplicates, type OriginalEvent } from './find-duplicates.js';
export { findRedactedOrderingKeys, findRedactions, type Redactions } from './find-redactions.js';
export { findStoredEvents } from './find-stored-events.js';
export { findRejectedEvent, listRejectedEvents } from './list-rejected-events.js';
export type { NewEvent } from './new-event.js';
export {
  type AcceptRules,
  type FilteredSubscription,
  readAcceptRules,
  type RetentionRules,
  type TenantPattern,
} from './read-accept-rules.js';
export { type OwnEventQuotas, readEventQuotas } from './read-event-quotas.js';
export { MAX_READ_BODY_BYTES, readSearchValues } from './read-search-values.js';
export { rejectEvents, type Rejection } from './reject-events.js';
export { rotateEventKeys } from './rotate-event-keys.js';
export { bodyOf } from './stored-body.js';
