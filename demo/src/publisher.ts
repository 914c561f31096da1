import { randomUUID } from 'node:crypto';
import type { Stack } from '@posthorn/local';
import { type ApiClient, eventually } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { DemoEvent } from './events.js';

/** Publishes through both ingresses and returns the ids of the created events. */
export interface Publisher {
  /** The types of all events that were accepted, by id. */
  types: ReadonlyMap<string, string>;
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
  const types = new Map<string, string>();

  async function push(events: readonly DemoEvent[]): Promise<void> {
    await queue.addBulk(events.map(({ type, data }) => ({ name: type, data: { data } })));
  }

  async function waitForAccepted(count: number): Promise<Set<string>> {
    const fresh = await eventually(
      async () => {
        const all = await listAllEvents(api);
        const accepted = all.filter(({ id }) => !types.has(id));
        if (accepted.length < count) throw new Error(`${accepted.length} of ${count} events accepted`);
        return accepted;
      },
      { timeoutMs: 120_000, intervalMs: 200 },
    );
    for (const { id, type } of fresh) types.set(id, type);
    return new Set(fresh.map(({ id }) => id));
  }

  return {
    types,
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

async function listAllEvents(api: ApiClient): Promise<{ id: string; type: string }[]> {
  const events: { id: string; type: string }[] = [];
  let cursor = '';
  do {
    const { body } = await api.get(
      `/v1/events?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    events.push(...body.data);
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  return events;
}
