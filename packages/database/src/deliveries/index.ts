export type { AttemptRecord } from './attempt-input.js';
export { type Chain, findHeads, findNextHeads } from './chain.js';
export { dropPendingDeliveries, dropPendingOfTenant } from './drop-pending-deliveries.js';
export type { DueDelivery } from './due-delivery.js';
export { dropsAreDue } from './drops-are-due.js';
export { type DropScope, finishDrops } from './finish-drops.js';
export { type DeliveryToHold, holdDeliveries } from './hold-deliveries.js';
export {
  type DuePage,
  type DuePageRequest,
  findDueDeliveries,
  listDueDeliveries,
  listDueRetries,
  type PageEnd,
} from './list-due-deliveries.js';
export { listTenantsToDrop } from './list-tenants-to-drop.js';
export { listWebhooksToDrop } from './list-webhooks-to-drop.js';
export { listWebhooksWithHeld } from './list-webhooks-with-held.js';
export { loadDeliveries, type LoadedDelivery } from './load-deliveries.js';
export { promoteParked } from './promote-parked.js';
export { readHeldBacklog } from './read-held-backlog.js';
export { readOldestDueAges } from './read-oldest-due-ages.js';
export { MAX_COUNTED, type PendingFilter, readPendingCounts } from './read-pending-counts.js';
export { recordAttempts } from './record-attempts.js';
export type { Histories } from './record-first-successes.js';
export type { RecordedDelivery } from './record-step.js';
export { releaseHeld } from './release-held.js';
export { settleDeliveries, type Settlement } from './settle-deliveries.js';
export { storedResponse } from './stored-response.js';
