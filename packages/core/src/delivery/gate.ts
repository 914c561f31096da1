import type { WebhookStatus } from '../webhook/lifecycle.js';

export type DeliveryStatus = 'pending' | 'succeeded' | 'failed' | 'dropped';

/** Why a delivery was not sent, or not again. Stable, part of the API. */
export type DropReason = 'suspended' | 'deleted' | 'replay_cancelled';

/**
 * How long a worker may act on what it read, in milliseconds. No request starts on older knowledge, so a suspend that
 * waits this long after its commit can promise that nothing starts any more.
 */
export const MAX_READ_AGE_MS = 700;

/**
 * How long suspend and delete wait after their commit: the age above, and a margin for a worker that is held up between
 * looking at the clock and writing to its socket.
 */
export const BARRIER_MS = MAX_READ_AGE_MS + 400;

export type Verdict =
  | { kind: 'send' }
  /** Another run has finished it; nothing is left to do. */
  | { kind: 'settled' }
  | { kind: 'not_due'; dueAt: Date }
  | { kind: 'drop'; reason: DropReason };

export interface GateInput {
  delivery: { status: DeliveryStatus; epoch: number; nextAttemptAt: Date | null };
  webhook: { status: WebhookStatus; epoch: number };
  now: Date;
}

/** Timers fire a little early and clocks differ a little; a retry this close is due. */
const DUE_SLACK_MS = 50;

/** Whether this delivery may be sent now. */
export function gate({ delivery, webhook, now }: GateInput): Verdict {
  if (delivery.status !== 'pending') return { kind: 'settled' };
  if (webhook.status === 'deleted') return { kind: 'drop', reason: 'deleted' };
  if (webhook.status !== 'active' || webhook.epoch !== delivery.epoch) {
    return { kind: 'drop', reason: 'suspended' };
  }
  const dueAt = delivery.nextAttemptAt;
  if (dueAt && dueAt.getTime() > now.getTime() + DUE_SLACK_MS) return { kind: 'not_due', dueAt };
  return { kind: 'send' };
}
