import type { DeliveryStatus } from './expected-delivery.js';
import type { Sequence } from './sequence.js';

/** A delivery in the API's list. */
export interface ListedDelivery {
  id: string;
  eventId: string;
  webhookId: string;
  status: DeliveryStatus;
  reason: string | null;
  sequence: number | null;
}

/** Returns all items of a list of the API. */
export async function listAll<T>(sequence: Sequence, path: string): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = `limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
    const { body } = await sequence.api.get(`${path}${path.includes('?') ? '&' : '?'}${query}`);
    all.push(...body.data);
    cursor = body.nextCursor;
  }
  return all;
}
