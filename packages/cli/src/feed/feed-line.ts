import type { FeedEntry } from '@posthorn/sdk';
import { bold, dim, paintState, printable } from '../output/style.js';

/** Formats an entry of a feed in one line, followed by its body. */
export function feedLine({ sequence, publishedAt, status, reason, ...entry }: FeedEntry): string {
  const line = [
    bold(String(sequence)),
    dim(publishedAt ?? ''),
    paintState(status) + (reason === null ? '' : dim(` (${reason})`)),
    printable(entry.eventType ?? ''),
    dim(`${entry.eventId} → ${entry.deliveryId}`),
  ].join('  ');
  return `${line}\n${entry.body === null ? dim('The payload has expired') : printable(entry.body)}`;
}
