import { dim, paintState, printable } from '../output/style.js';
import type { Delivery } from './delivery-poller.js';

/** Formats the current state of a delivery in one line. */
export function deliveryLine(delivery: Delivery): string {
  const { id, status, eventType, webhookId, attemptCount, settledAt, createdAt } = delivery;
  return [
    dim(settledAt ?? createdAt),
    // Padded to the longest status, not counting escape codes.
    paintState(status) + ' '.repeat('succeeded'.length - status.length),
    printable(eventType ?? ''),
    `${id} → ${webhookId}`,
    dim(`${attemptCount} ${attemptCount === 1 ? 'attempt' : 'attempts'}${outlook(delivery)}`),
  ].join('  ');
}

const HELD = {
  access_token: 'no access token',
  paused: 'paused by Retry-After',
  rate_limit: 'rate limit',
  window: 'window full',
};

function outlook({ status, reason, held, heldReason, waitsFor, nextAttemptAt }: Delivery): string {
  if (reason !== null) return `, ${reason}`;
  if (status !== 'pending') return '';
  if (held) return `, held: ${heldReason === null ? 'webhook limit reached' : HELD[heldReason]}`;
  if (waitsFor !== null) return `, waits for ${waitsFor}`;
  return nextAttemptAt === null ? '' : `, next attempt at ${nextAttemptAt}`;
}
