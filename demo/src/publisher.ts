import { randomUUID } from 'node:crypto';
import type { Stack } from '@posthorn/local';
import { type ApiClient, eventually } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { DemoEvent } from './events.js';

/** Publishes through both ingresses and returns the ids of the created events. */
export interface Publisher {
  /** Publishes half of the events over HTTP, half through Redis; returns their ids once all are accepted. */
  publish(events: readonly DemoEvent[]): Promise<Set<string>>;
  /** Pushes events to the queue without waiting for the producer. */
  push(events: readonly DemoEvent[]): Promise<void>;
  /** Waits until `count` events were accepted since the last call, and returns their ids. */
  waitForAccepted(count: number): Promise<Set<string>>;
  close(): Promise<void>;
}

export function createPublisher(
  api: ApiClient,
  { redisUrl, queuePrefix: prefix }: Pick<Stack, 'redisUrl' | 'queuePrefix'>,
): Publisher {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('events', { connection: redis, prefix });
  const known = new Set<string>();

  async function push(events: readonly DemoEvent[]): Promise<void> {
    await queue.addBulk(events.map(({ type, data }) => ({ name: type, data: { data } })));
  }

  async function waitForAccepted(count: number): Promise<Set<string>> {
    const fresh = await eventually(
      async () => {
        const all = await listAllEvents(api);
        const ids = all.filter((id) => !known.has(id));
        if (ids.length < count) throw new Error(`${ids.length} of ${count} events accepted`);
        return ids;
      },
      { timeoutMs: 120_000, intervalMs: 200 },
    );
    for (const id of fresh) known.add(id);
    return new Set(fresh);
  }

  return {
    push,
    waitForAccepted,
    async publish(events) {
      const middle = events.length >> 1;
      await Promise.all([
        push(events.slice(0, middle)),
        ...events.slice(middle).map(async (event) => {
          const response = await api.post('/v1/events', { ...event, idempotencyKey: randomUUID() });
          if (response.status !== 202) throw new Error(`${event.type} rejected with ${response.status}`);
        }),
      ]);
      return waitForAccepted(events.length);
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
