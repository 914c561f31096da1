import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { EventReceiver } from './event-receiver.js';
import type { System } from './system.js';

/** `ordered`: over HTTP, with a key. */
export type Ingress = 'http' | 'redis' | 'ordered';

/** An event as its publisher knows it. Times in milliseconds of the monotonic clock. */
export interface PublishedEvent {
  n: number;
  ingress: Ingress;
  orderingKey: string | null;
  /** When the call started. */
  from: number;
  /** When it was accepted; Infinity if it was not. */
  until: number;
  /** Whether the event must arrive. */
  isDurable: boolean;
}

export const eventType = (ingress: Ingress): string => `chaos.${ingress}`;

export interface Publisher {
  published: Map<number, PublishedEvent>;
  /** Unexpected responses of POST /v1/events. */
  rejections: string[];
  /** Call when Redis loses its data: jobs that the producer has not read are not guaranteed to survive that. */
  unreadLost(): void;
  /** Stops publishing and waits for the calls in flight. */
  stop(): Promise<void>;
  /** Returns the number of pushed events that are still in Redis. */
  countUnread(): Promise<number>;
  close(): Promise<void>;
}

/** Events per second. */
const RATE: Record<Ingress, number> = { http: 25, redis: 10, ordered: 10 };

/** Keys of the events with an order. */
const KEYS = 20;

/** Publishing pauses while this many calls are in flight. */
const MAX_IN_FLIGHT = 200;

/**
 * So does publishing with an order while this many events have not arrived where one is sent at a time: on a slow machine, that takes
 * longer than the rate allows.
 */
const MAX_WAITING = 300;

/** Publishing pauses while this many of the last events have not arrived: a slow machine would not catch up. Counted every second. */
const MAX_BEHIND = 500;
const COUNTED_EVENTS = 3000;

export interface PublisherDeps {
  system: System;
  api: ApiClient;
  /** Gets every event; an event that it has got was read. */
  witness: EventReceiver;
  /** Gets the events with an order, one at a time. */
  line: Pick<EventReceiver, 'arrivals'>;
}

/** Publishes at a steady rate through all ingresses until stopped. */
export function startPublisher({ system, api, witness, line }: PublisherDeps): Publisher {
  const published = new Map<number, PublishedEvent>();
  const rejections: string[] = [];
  const inFlight = new Set<Promise<void>>();
  const lost = new Set<number>();
  const redis = new Redis(system.redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  const queue = new Queue('events', { connection: redis, prefix: system.queuePrefix });
  queue.on('error', () => {});
  const state = { running: true, acceptedInOrder: 0 };

  async function post(event: PublishedEvent): Promise<void> {
    const { n, ingress, orderingKey } = event;
    const input = {
      type: eventType(ingress),
      data: { n },
      idempotencyKey: `chaos-${n}`,
      ...(orderingKey !== null && { orderingKey }),
    };
    const { status, body } = await api.post('/v1/events', input);
    if (status !== 202 && status !== 200) {
      rejections.push(`${status} ${JSON.stringify(body)}`);
      return;
    }
    event.until = performance.now();
    event.isDurable = true;
    if (ingress === 'ordered') state.acceptedInOrder += 1;
  }

  async function push(event: PublishedEvent): Promise<void> {
    await queue.add(eventType(event.ingress), { data: { n: event.n } });
    event.until = performance.now();
    event.isDurable = !lost.has(event.n);
  }

  const publish: Record<Ingress, (event: PublishedEvent) => Promise<void>> = {
    http: post,
    redis: push,
    ordered: post,
  };

  let isBehind = false;
  const counting = setInterval(() => {
    const recent = [...published.values()].slice(-COUNTED_EVENTS);
    isBehind = recent.filter(({ n, isDurable }) => isDurable && !witness.arrivals.has(n)).length > MAX_BEHIND;
  }, 1000);

  const isLineLong = (): boolean => state.acceptedInOrder - line.arrivals.size > MAX_WAITING;

  async function publishSteadily(ingress: Ingress): Promise<void> {
    let dueAt = performance.now();
    while (state.running) {
      dueAt = Math.max(dueAt + 1000 / RATE[ingress], performance.now() - 1000);
      await sleep(Math.max(dueAt - performance.now(), 0));
      if (isBehind || inFlight.size >= MAX_IN_FLIGHT || (ingress === 'ordered' && isLineLong())) continue;
      const n = published.size;
      const orderingKey = ingress === 'ordered' ? `key-${n % KEYS}` : null;
      const from = performance.now();
      const event = { n, ingress, orderingKey, from, until: Infinity, isDurable: false };
      published.set(n, event);
      const done = publish[ingress](event)
        .catch((error: unknown) => void rejections.push(String(error)))
        .finally(() => inFlight.delete(done));
      inFlight.add(done);
    }
  }
  const publishing = Promise.all([
    publishSteadily('http'),
    publishSteadily('redis'),
    publishSteadily('ordered'),
  ]);

  return {
    published,
    rejections,
    unreadLost() {
      for (const event of published.values()) {
        if (event.ingress !== 'redis' || witness.arrivals.has(event.n)) continue;
        event.isDurable = false;
        lost.add(event.n);
      }
    },
    async stop() {
      state.running = false;
      clearInterval(counting);
      await publishing;
      await Promise.all(inFlight);
    },
    countUnread: () => queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized'),
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}
