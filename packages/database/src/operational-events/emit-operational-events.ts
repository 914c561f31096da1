import { newId, type OperationalEvent } from '@posthorn/core';
import type { PrismaTransaction } from '../prisma-client/client.js';
import { toJson } from '../prisma-client/json.js';

/** Inserts operational events in the transaction of the change they report. A producer publishes them. */
export async function emitOperationalEvents(
  transaction: PrismaTransaction,
  tenantId: string,
  events: readonly OperationalEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await transaction.operationalEvent.createMany({
    data: events.map(({ type, data, at }) => ({
      id: newId(),
      tenantId,
      type,
      data: toJson(data),
      createdAt: at,
    })),
  });
}
