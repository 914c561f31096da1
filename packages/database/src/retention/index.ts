export { createPartitions } from './create-partitions.js';
export { deleteDataKeys } from './delete-data-keys.js';
export { deleteExpired, deleteExpiredHistory, EXPIRED_KINDS, type ExpiredKind } from './delete-expired.js';
export { deleteSettledPayloads } from './delete-settled-payloads.js';
export { dropExpiredPartitions } from './drop-expired-partitions.js';
export { dropExpiredPayloads } from './drop-expired-payloads.js';
export { findDefaultPartitionRows } from './find-default-partition-rows.js';
export { freeHistoryClasses } from './free-history-classes.js';
export { type EventDays, readEventDays } from './read-event-days.js';
