/**
 * Deliveries wait in lanes, each with workers of its own, so that what is slow does not delay what is quick:
 * `fast` is for first attempts, `slow` for webhooks that answer late or not at all, `retry` for what is tried again at a
 * promised time, `replay` for bulk replays, which give way to everything else.
 */
export const LANES = ['fast', 'slow', 'retry', 'replay'] as const;

export type Lane = (typeof LANES)[number];

/** The lane that a delivery runs in. */
export function laneOf(delivery: { webhookIsSlow: boolean; attemptCount: number; replayed: boolean }): Lane {
  if (delivery.replayed) return 'replay';
  if (delivery.webhookIsSlow) return 'slow';
  return delivery.attemptCount > 0 ? 'retry' : 'fast';
}
