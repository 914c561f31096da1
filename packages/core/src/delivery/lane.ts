/**
 * The delivery queues. Each has its own concurrency, so slow deliveries do not delay fast ones: `fast` holds first
 * attempts, `slow` deliveries to webhooks that respond late or time out, `retry` scheduled retries, and `replay` bulk
 * replays, which yield to all other lanes.
 */
export const LANES = ['fast', 'slow', 'retry', 'replay'] as const;

export type Lane = (typeof LANES)[number];

/** Returns the lane of a delivery. */
export function laneOf(delivery: { webhookIsSlow: boolean; attemptCount: number; replayed: boolean }): Lane {
  if (delivery.replayed) return 'replay';
  if (delivery.webhookIsSlow) return 'slow';
  return delivery.attemptCount > 0 ? 'retry' : 'fast';
}
