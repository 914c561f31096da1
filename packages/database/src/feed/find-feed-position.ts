import type { PrismaDb } from '../prisma-client/client.js';

export interface FeedPosition {
  /** The highest number of the webhook; 0 if it has none. */
  last: number;
  /** Null if none is stored. */
  cursor: number | null;
}

/** Returns where the feed of a webhook ends, and its stored cursor. */
export async function findFeedPosition(prisma: PrismaDb, webhookId: string): Promise<FeedPosition> {
  const found = await prisma.webhookSequence.findUnique({
    where: { webhookId },
    select: { last: true, cursor: true },
  });
  if (!found) return { last: 0, cursor: null };
  return { last: Number(found.last), cursor: found.cursor === null ? null : Number(found.cursor) };
}
