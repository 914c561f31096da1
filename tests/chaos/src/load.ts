import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { PatientClient } from './patient-client.js';
import type { Receiver } from './receiver.js';
import type { System } from './system.js';

export type Door = 'http' | 'redis';

/** What a publisher knows of an event. Times in milliseconds of the monotonic clock. */
export interface Published {
  n: number;
  door: Door;
  /** Published after this … */
  from: number;
  /** … and before this, when it was accepted; Infinity: it was not. */
  until: number;
  /** Whether it must arrive. */
  counts: boolean;
}

export const eventType = (door: Door): string => `chaos.${door}`;

export interface Load {
  published: Map<number, Published>;
  /** Answers to POST /v1/events that nobody would expect. */
  refusals: string[];
  /** Redis is about to lose what nobody has read yet, which nobody promises to keep. */
  redisLosesUnread(): void;
  /** Publishes no more, and waits for what is under way. */
  stop(): Promise<void>;
  /** Pushes that still lie in Redis. */
  unread(): Promise<number>;
  close(): Promise<void>;
}

/** Events a second through each door. */
const RATE: Record<Door, number> = { http: 25, redis: 10 };

/** Callers at a time: when all of them wait, nothing new is published. */
const MAX_UNDER_WAY = 200;

export interface LoadDeps {
  system: System;
  call: PatientClient;
  /** It gets every event: what has arrived there was read. */
  witness: Receiver;
}

/** Publishes at a steady rate through both doors until stopped. */
export function startLoad({ system, call, witness }: LoadDeps): Load {
  const published = new Map<number, Published>();
  const refusals: string[] = [];
  const underWay = new Set<Promise<void>>();
  const redis = new Redis(system.redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  const queue = new Queue('events', { connection: redis, prefix: system.queuePrefix });
  queue.on('error', () => {});
  const state = { running: true };

  async function post(event: Published): Promise<void> {
    const { n, door } = event;
    const body = { type: eventType(door), data: { n }, idempotencyKey: `chaos-${n}` };
    const { status, body: answer } = await call('POST', '/v1/events', body);
    if (status !== 202 && status !== 200) {
      refusals.push(`${status} ${JSON.stringify(answer)}`);
      return;
    }
    event.until = performance.now();
    event.counts = true;
  }

  async function push(event: Published): Promise<void> {
    await queue.add(eventType(event.door), { data: { n: event.n } });
    event.until = performance.now();
    event.counts = !lostUnread.has(event.n);
  }

  const lostUnread = new Set<number>();
  const publish: Record<Door, (event: Published) => Promise<void>> = { http: post, redis: push };

  async function publishSteadily(door: Door): Promise<void> {
    let dueAt = performance.now();
    while (state.running) {
      dueAt = Math.max(dueAt + 1000 / RATE[door], performance.now() - 1000);
      await sleep(Math.max(dueAt - performance.now(), 0));
      if (underWay.size >= MAX_UNDER_WAY) continue;
      const event = { n: published.size, door, from: performance.now(), until: Infinity, counts: false };
      published.set(event.n, event);
      const done = publish[door](event)
        .catch((error: unknown) => void refusals.push(String(error)))
        .finally(() => underWay.delete(done));
      underWay.add(done);
    }
  }
  const publishing = Promise.all([publishSteadily('http'), publishSteadily('redis')]);

  return {
    published,
    refusals,
    redisLosesUnread() {
      for (const event of published.values()) {
        if (event.door !== 'redis' || witness.arrivals.has(event.n)) continue;
        event.counts = false;
        lostUnread.add(event.n);
      }
    },
    async stop() {
      state.running = false;
      await publishing;
      await Promise.all(underWay);
    },
    unread: () => queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized'),
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}
