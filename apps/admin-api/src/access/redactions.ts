import { isRedacted, PosthornError, fieldError } from '@posthorn/core';
import { findRedactedOrderingKeys, findRedactions, type Redactions } from '@posthorn/database/events';
import type { EventType } from '@posthorn/database/events/prisma';
import type { PrismaTransaction } from '@posthorn/database/prisma-client';
import { type Caller, hasScope } from './authenticate.js';

/** Returns whether a caller sees the values that event types redact. */
export const seesPayloads = (caller: Caller): boolean => hasScope(caller, 'payloads:read');

const NONE: Redactions = new Map();

/** Returns what is hidden from a caller, by event type. @param types absent for all types */
export const hiddenFrom = async (
  caller: Caller,
  prisma: PrismaTransaction,
  types?: readonly string[],
): Promise<Redactions> => (seesPayloads(caller) ? NONE : findRedactions(prisma, types));

/** Returns the condition that ordering keys of an event type are hidden from a caller. Those of an event that has expired may be of any type. */
export async function hidesOrderingKeys(
  caller: Caller,
  prisma: PrismaTransaction,
): Promise<(eventType: string | null) => boolean> {
  if (seesPayloads(caller)) return () => false;
  const types = await findRedactedOrderingKeys(prisma);
  return (eventType) => (eventType === null ? types.size > 0 : types.has(eventType));
}

type Redacted = Pick<EventType, 'redact'>;

/** @throws PosthornError if a caller who does not see redacted values removes a redaction */
export function assertMayReveal(caller: Caller, before: Redacted, after: Redacted): void {
  const isKept = before.redact.every((pointer) => after.redact.includes(pointer));
  if (isKept || seesPayloads(caller)) return;
  throw new PosthornError('forbidden', { detail: 'Removing a redaction requires the scope payloads:read' });
}

/** @throws PosthornError if the ordering key, which is shown with each delivery, is a redacted value */
export function assertShowsOrderingKey({
  orderingPointer,
  redact,
}: Pick<EventType, 'orderingPointer' | 'redact'>): void {
  if (orderingPointer === null || !isRedacted(orderingPointer, redact)) return;
  throw new PosthornError('invalid_input', {
    errors: [fieldError('redact', 'redacted_ordering_key', { pointer: orderingPointer })],
  });
}
