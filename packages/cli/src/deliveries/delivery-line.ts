import { dim, paintState, printable } from '../output/style.js';
import type { Delivery } from './delivery-poller.js';

/** A delivery as it stands now, in one line. */
export function deliveryLine(delivery: Delivery): string {
  const { id, status, eventType, webhookId, attemptCount, settledAt, createdAt } = delivery;
  return [
    dim(settledAt ?? createdAt),
    // As wide as the longest, and padded before it has a colour.
    paintState(status) + ' '.repeat('succeeded'.length - status.length),
    printable(eventType ?? ''),
    `${id} → ${webhookId}`,
    dim(`${attemptCount} ${attemptCount === 1 ? 'attempt' : 'attempts'}${whatNext(delivery)}`),
  ].join('  ');
}

function whatNext({ status, reason, held, nextAttemptAt }: Delivery): string {
  if (reason !== null) return `, ${reason}`;
  if (status !== 'pending') return '';
  if (held) return ', waits for its webhook to have room';
  return nextAttemptAt === null ? '' : `, next at ${nextAttemptAt}`;
}
