import type { Queue } from 'bullmq';
import { isUnavailable } from './server-info.js';

/** Returns the number of processes that consume a queue. Null when Redis does not list its clients. */
export async function countConsumers(queue: Queue): Promise<number | null> {
  try {
    const clients = await queue.getWorkers();
    // When Redis lacks the command, BullMQ returns a single client without an address.
    return clients.some(({ addr }) => addr === undefined) ? null : clients.length;
  } catch (error) {
    if (isUnavailable(error)) return null;
    throw error;
  }
}
