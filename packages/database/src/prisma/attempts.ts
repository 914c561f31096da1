import { idTimeMs } from '@posthorn/core';
import type { Attempt } from '../generated/client.js';
import type { PrismaDb } from './client.js';
import { idFloor, type Page, type PageRequest, toPage } from './page.js';

/** Attempts are made after their delivery, by clocks that may differ by so much, in milliseconds. */
const CLOCK_DIFFERENCE_MS = 60 * 60 * 1000;

/** The attempts of a delivery, newest first. Older partitions than the delivery's are not looked into. */
export async function listAttempts(
  prisma: PrismaDb,
  deliveryId: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Attempt>> {
  const rows = await prisma.attempt.findMany({
    where: {
      deliveryId,
      id: {
        gte: idFloor(idTimeMs(deliveryId) - CLOCK_DIFFERENCE_MS),
        ...(cursor !== undefined && { lt: cursor }),
      },
    },
    orderBy: { id: 'desc' },
    take: limit + 1,
  });
  return toPage(rows, limit);
}
