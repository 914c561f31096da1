// PostgreSQL or Redis hangs under load: publishers get responses in time, memory stays bounded, no accepted event is lost.
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

const HANG_MS = 8000;

/** The longest time to a response, with a margin for a busy machine. */
const RESPONSE_LIMIT_MS = 7000;

/** Large events published per second, whether or not they are accepted. */
const RATE = 250;
const TEXT = 'x'.repeat(200_000);

/** Less than half of the size of the events published while PostgreSQL hangs, as bytes, text and objects. */
const MOST_GROWTH_BYTES = 300 * 1024 * 1024;

let stack: Stack;
let api: ApiClient;
let receiver: Receiver;
let webhookId: string;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, workers: 1 });
  api = apiClient(stack.apiUrl, stack.adminKey);
}, 120_000);

afterAll(async () => {
  await stack?.stop();
}, 60_000);

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
  status: number;
  retryAfter: string | null;
  tookMs: number;
}

/** Publishes at a steady rate, without waiting for responses. */
function startLoad({ rate, text }: { rate: number; text: string }): { stop: () => Promise<Published[]> } {
  const responses: Promise<Published>[] = [];
  async function publish(n: number): Promise<Published> {
    const startedAtMs = performance.now();
    const { status, headers } = await api.post('/v1/events', { type: 'load.test', data: { n, text } });
    return { n, status, retryAfter: headers.get('retry-after'), tookMs: performance.now() - startedAtMs };
  }
  const timer = setInterval(() => responses.push(publish(responses.length)), 1000 / rate);
  return {
    stop: () => {
      clearInterval(timer);
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

function expectPromptResponses(responses: Published[]): void {
  for (const { status, retryAfter, tookMs } of responses) {
    expect([202, 503]).toContain(status);
    if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
    expect(tookMs).toBeLessThan(RESPONSE_LIMIT_MS);
  }
}

async function expectDelivered(responses: Published[]): Promise<void> {
  const accepted = responses.flatMap(({ n, status }) => (status === 202 ? [n] : []));
  await eventually(
    () => {
      const received = new Set(receiver.requests.map((request) => request.json().data.n));
      expect(accepted.filter((n) => !received.has(n))).toEqual([]);
    },
    { timeoutMs: 60_000, intervalMs: 500 },
  );
}

describe('while PostgreSQL hangs', () => {
  it('publishers get responses in time, memory stays bounded, and accepted events arrive', async () => {
    const warmUp = startLoad({ rate: 20, text: TEXT });
    await receiver.waitFor(20, 20_000);
    expectPromptResponses(await warmUp.stop());
    const before = await apiMemoryBytes();

    const memory = watchMemory();
    const { thaw } = freeze(stack.process('postgres').pid ?? 0);
    const load = startLoad({ rate: RATE, text: TEXT });
    await sleep(HANG_MS);
    thaw();
    const responses = await load.stop();

    expectPromptResponses(responses);
    expect(responses.filter(({ status }) => status === 503).length).toBeGreaterThan(responses.length / 2);
    expect((await memory.peak()) - before).toBeLessThan(MOST_GROWTH_BYTES);
    await eventually(async () => {
      expect((await api.post('/v1/events', { type: 'load.test', data: { n: -1 } })).status).toBe(202);
    });
    await expectDelivered(responses);
  }, 120_000);
});

describe('while Redis hangs', () => {
  it('events are still accepted, and arrive when Redis recovers', async () => {
    const load = startLoad({ rate: 50, text: '' });
    await receiver.waitFor(50, 20_000);
    const { thaw } = freeze(stack.process('redis').pid ?? 0);
    await sleep(HANG_MS);
    thaw();
    const responses = await load.stop();
    expectPromptResponses(responses);
    expect(responses.filter(({ status }) => status === 202).length).toBeGreaterThan(responses.length * 0.9);
    await expectDelivered(responses);
  }, 120_000);
});
