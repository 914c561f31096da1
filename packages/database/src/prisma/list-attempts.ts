import { idTimeMs } from '@posthorn/core';
import type { Attempt } from '../generated/client.js';
import type { PrismaDb } from './client.js';
import { idFloor, type Page, type PageRequest, toPage } from './page.js';

/** Maximum clock difference between the processes that create deliveries and attempts, in milliseconds. */
const MAX_CLOCK_SKEW_MS = 60 * 60 * 1000;

/** Returns the attempts of a delivery, newest first. Does not read partitions older than the delivery. */
export async function listAttempts(
  prisma: PrismaDb,
  deliveryId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Attempt>> {
  const rows = await prisma.attempt.findMany({
    where: {
      deliveryId,
      id: {
        gte: idFloor(idTimeMs(deliveryId) - MAX_CLOCK_SKEW_MS),
        ...(cursor !== undefined && { lt: cursor }),
      },
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}
