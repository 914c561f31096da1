import { isRedacted } from '@posthorn/core';
import type { PrismaTransaction } from '../prisma-client/client.js';

/** JSON Pointers into the data by event type. Types without redactions are absent. */
export type Redactions = ReadonlyMap<string, readonly string[]>;

/** Returns the redactions of event types, in force now. @param types absent for all types */
export async function findRedactions(
  prisma: PrismaTransaction,
  types?: readonly string[],
): Promise<Redactions> {
  const rows = await prisma.eventType.findMany({
    where: { NOT: { redact: { isEmpty: true } }, ...(types && { name: { in: [...new Set(types)] } }) },
    select: { name: true, redact: true },
  });
  return new Map(rows.map(({ name, redact }) => [name, redact]));
}

/** Returns the event types of which ordering keys may be values that are redacted now: those of a former ordering pointer. */
export async function findRedactedOrderingKeys(prisma: PrismaTransaction): Promise<ReadonlySet<string>> {
  const rows = await prisma.eventType.findMany({
    where: { NOT: [{ redact: { isEmpty: true } }, { formerOrderingPointers: { isEmpty: true } }] },
    select: { name: true, redact: true, formerOrderingPointers: true },
  });
  const hidden = rows.filter(({ redact, formerOrderingPointers }) =>
    formerOrderingPointers.some((pointer) => isRedacted(pointer, redact)),
  );
  return new Set(hidden.map(({ name }) => name));
}
