/**
 * Maximum size of a push in Redis, in bytes. The body of an event may have 256 KiB: a push above that, but not above this, is read
 * and rejected for its tenant.
 */
export const MAX_PUSH_BYTES = 1024 * 1024;

/** Maximum total size of the pushes in memory, apart from small ones, in bytes. Parsed JSON can need 20 times its size. */
export const MAX_BYTES_IN_PROGRESS = 2 * MAX_PUSH_BYTES;

/** Maximum size of a field that is fetched with its job, in bytes. Larger data is fetched when it fits into memory. */
export const MAX_INLINE_BYTES = 16 * 1024;

/** Size of the preview of a push that is too large, in bytes. */
export const PREVIEW_BYTES = 16 * 1024;

/** Number of producers that died while they ingested a push, from which on it is ingested alone. */
export const CRASHES_BEFORE_ISOLATION = 2;

/** Number of producers that died while they ingested a push, from which on it is rejected. */
export const CRASHES_BEFORE_REJECTION = 5;
