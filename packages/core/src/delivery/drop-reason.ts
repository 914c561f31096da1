/** Why a delivery was dropped: it is not sent, or not retried. Stable, part of the API. */
export const DROP_REASONS = [
  'suspended',
  'deleted',
  'replay_cancelled',
  'shadow',
  'skipped',
  'tenant_suspended',
  'erased',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];
