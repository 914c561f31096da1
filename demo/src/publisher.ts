import { type ApiClient, eventually } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { DemoEvent } from './events.js';

/** Publishes through both doors and learns which events Posthorn made of it. */
export interface Publisher {
  /** Half through HTTP, half through Redis; answers the ids once all are in. */
  publish(events: readonly DemoEvent[]): Promise<Set<string>>;
  /** Into the Redis queue alone, without waiting for anybody to take them. */
  push(events: readonly DemoEvent[]): Promise<void>;
  /** Waits until so many events have come in since the last call, and answers their ids. */
  takenIn(count: number): Promise<Set<string>>;
  close(): Promise<void>;
}

export function createPublisher(api: ApiClient, redisUrl: string, prefix: string): Publisher {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('events', { connection: redis, prefix });
  const known = new Set<string>();

  async function push(events: readonly DemoEvent[]): Promise<void> {
    await queue.addBulk(events.map(({ type, data }) => ({ name: type, data: { data } })));
  }

  async function takenIn(count: number): Promise<Set<string>> {
    const fresh = await eventually(
      async () => {
        const all = await listAllEvents(api);
        const ids = all.filter((id) => !known.has(id));
        if (ids.length < count) throw new Error(`${ids.length} of ${count} events have come in`);
        return ids;
      },
      { timeoutMs: 30_000, intervalMs: 200 },
    );
    for (const id of fresh) known.add(id);
    return new Set(fresh);
  }

  return {
    push,
    takenIn,
    async publish(events) {
      const middle = events.length >> 1;
      await Promise.all([
        push(events.slice(0, middle)),
        ...events.slice(middle).map(async (event) => {
          const answer = await api.post('/v1/events', event);
          if (answer.status !== 202)
            throw new Error(`publishing ${event.type} was answered with ${answer.status}`);
        }),
      ]);
      return takenIn(events.length);
    },
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}

async function listAllEvents(api: ApiClient): Promise<string[]> {
  const ids: string[] = [];
  let cursor = '';
  do {
    const { body } = await api.get(
      `/v1/events?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    ids.push(...body.data.map((event: { id: string }) => event.id));
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  return ids;
}
