export { countEventDeliveries, MAX_COUNTED } from './count-event-deliveries.js';
export type { DeliveryRecord } from './delivery-query.js';
export { findDelivery } from './find-delivery.js';
export { type Attempt, listAttempts, listAttemptsOfDeliveries } from './list-attempts.js';
export { type BlockedKey, listBlockedKeys } from './list-blocked-keys.js';
export { listDeliveries } from './list-deliveries.js';
export { listMatchFacts, type MatchFacts } from './list-match-facts.js';
export { retryDelivery, type RetryRejection } from './retry-delivery.js';
export { skipDelivery, type SkipRejection } from './skip-delivery.js';
