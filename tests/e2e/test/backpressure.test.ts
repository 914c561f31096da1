// PostgreSQL or Redis hangs under load: publishers get responses meanwhile, memory stays bounded, no accepted event is lost.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  apiClient,
  eventually,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { freeze } from './freeze.js';

/** The API responds within 7 s. A publisher that gives up later proves the same on a machine that is several times slower. */
const PUBLISHER_TIMEOUT_MS = 40_000;

/** 240 KB, which take 5 MB when they are parsed. */
const COSTLY = `{"list":[${'{},'.repeat(80_000)}{}]}`;

/**
 * Published while PostgreSQL hangs. Without limits, the API would keep 1 GB and grow by 670 MB in this time. With limits it grows by 190
 * to 250 MB, most of it garbage.
 */
const COSTLY_EVENTS = 200;
const MOST_GROWTH_BYTES = 400 * 1024 * 1024;

let stack: Stack;
let api: ApiClient;
let receiver: Receiver;
let webhookId: string;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, workers: 1 });
  api = apiClient(stack.apiUrl, stack.adminKey, { timeoutMs: PUBLISHER_TIMEOUT_MS });
}, 120_000);

afterAll(async () => {
  await stack?.stop();
});

beforeEach(async () => {
  receiver = await startReceiver();
  ({ id: webhookId } = await createActiveWebhook(api, receiver, { eventTypes: ['load.*'] }));
});

afterEach(async () => {
  await api.delete(`/v1/webhooks/${webhookId}`);
  await receiver.close();
});

interface Published {
  n: number;
  /** Null if there was no response. */
  status: number | null;
  retryAfter: string | null;
}

interface Load {
  /** Resolves when `count` further events have been published. */
  next(count: number): Promise<void>;
  /** Resolves with the responses to all events. */
  stop(): Promise<Published[]>;
}

/** The pause between two events, in milliseconds. */
const PAUSE_MS = 20;

let published = 0;

/** Publishes numbered events with this data: each after the response to the previous one, or without waiting for responses. */
function startLoad(data: string, { waits }: { waits: boolean }): Load {
  const responses: Promise<Published>[] = [];
  const state = { isRunning: true };
  async function publish(): Promise<Published> {
    const n = (published += 1);
    const event = `{"type":"load.n${n}","data":${data}}`;
    const response = await api.post('/v1/events', event).catch(() => null);
    return { n, status: response?.status ?? null, retryAfter: response?.headers.get('retry-after') ?? null };
  }
  async function run(): Promise<void> {
    while (state.isRunning) {
      const response = publish();
      responses.push(response);
      if (waits) await response;
      await sleep(PAUSE_MS);
    }
  }
  const running = run();
  return {
    async next(count) {
      const enough = responses.length + count;
      while (responses.length < enough) await sleep(PAUSE_MS);
    },
    async stop() {
      state.isRunning = false;
      await running;
      return Promise.all(responses);
    },
  };
}

async function apiMemoryBytes(): Promise<number> {
  const metrics = await (await fetch(`${stack.apiUrl}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]);
}

/** Records the peak memory of the API until it is called. */
function watchMemory(): { peak: () => Promise<number> } {
  let most = 0;
  const timer = setInterval(() => void apiMemoryBytes().then((bytes) => (most = Math.max(most, bytes))), 250);
  return {
    async peak() {
      clearInterval(timer);
      return Math.max(most, await apiMemoryBytes());
    },
  };
}

function acceptedBy(responses: Published[]): number[] {
  for (const { status, retryAfter } of responses) {
    expect([202, 503]).toContain(status);
    if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
  }
  return responses.flatMap(({ n, status }) => (status === 202 ? [n] : []));
}

async function expectDelivered(accepted: number[]): Promise<void> {
  await eventually(
    () => {
      const received = new Set(receiver.requests.map(({ body }) => /"load\.n(\d+)"/.exec(body)?.[1]));
      expect(accepted.filter((n) => !received.has(String(n)))).toEqual([]);
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
}

describe('while PostgreSQL hangs', () => {
  it('publishers get responses, memory stays bounded, and accepted events arrive', async () => {
    const steady = startLoad('{}', { waits: true });
    await receiver.waitFor(20);
    const before = await apiMemoryBytes();
    const memory = watchMemory();
    const { thaw } = freeze(stack.process('postgres').pid ?? 0);
    let responses: Published[];
    let growth: number;
    try {
      const costly = startLoad(COSTLY, { waits: false });
      await costly.next(COSTLY_EVENTS);
      // It does not hang only for a while: no response waits for it.
      responses = (await Promise.all([steady.stop(), costly.stop()])).flat();
      growth = (await memory.peak()) - before;
    } finally {
      thaw();
    }
    const accepted = acceptedBy(responses);
    expect(responses.length - accepted.length).toBeGreaterThan(COSTLY_EVENTS / 2);
    expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
    await eventually(async () => {
      expect((await api.post('/v1/events', { type: 'load.after', data: {} })).status).toBe(202);
    });
    await expectDelivered(accepted);
  }, 180_000);
});

describe('while Redis hangs', () => {
  it('events are still accepted, and arrive when Redis recovers', async () => {
    const load = startLoad('{}', { waits: true });
    await receiver.waitFor(20);
    const { thaw } = freeze(stack.process('redis').pid ?? 0);
    let responses: Published[];
    try {
      await load.next(200);
      responses = await load.stop();
    } finally {
      thaw();
    }
    const accepted = acceptedBy(responses);
    expect(accepted.length).toBeGreaterThan(responses.length * 0.9);
    await expectDelivered(accepted);
  }, 180_000);
});
