// Real processes are killed under load: accepted events must arrive, and events of a suspended webhook must not.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type ProcessRole, type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  apiClient,
  eventually,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

/** The most deliveries that one worker has in flight. They may arrive twice when it is killed. */
const IN_FLIGHT = 128;

let stack: Stack;
let api: ApiClient;
let receiver: Receiver;
let webhookId: string;
let redis: Redis;
let queue: Queue;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true });
  api = apiClient(stack.apiUrl, stack.adminKey);
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  queue = new Queue('events', { connection: redis, prefix: stack.queuePrefix });
  queue.on('error', () => {});
}, 120_000);

afterAll(async () => {
  await queue?.close();
  redis?.disconnect();
  await stack?.stop();
});

async function createSlowWebhook(): Promise<void> {
  receiver = await startReceiver();
  ({ id: webhookId } = await createActiveWebhook(api, receiver, { eventTypes: ['load.*'] }));
  // Slow enough that many requests are in flight at any moment.
  receiver.handle(() => ({ delayMs: 250 }));
}

afterEach(async () => {
  await api.delete(`/v1/webhooks/${webhookId}`);
  await receiver.close();
});

type Publish = (data: { n: number }) => Promise<boolean>;

/** The pause of each publisher after an event, in milliseconds: more load proves no more. */
const PAUSE_MS = 75;

/** Resolves to whether the event was accepted with 202. */
const byHttp: Publish = async (data) => {
  await sleep(PAUSE_MS);
  const response = await api.post('/v1/events', { type: 'load.test', data }).catch(() => null);
  return response?.status === 202;
};

const byRedis: Publish = async (data) => {
  await sleep(PAUSE_MS);
  await queue.add('load.test', { data });
  return true;
};

/** Publishes until stopped; `stop` returns the numbers of the accepted events. */
function startLoad(publish: Publish = byHttp): { accepted: Set<number>; stop: () => Promise<Set<number>> } {
  const accepted = new Set<number>();
  const state = { running: true, next: 0 };
  async function lane(): Promise<void> {
    while (state.running) {
      const n = (state.next += 1);
      if (await publish({ n })) accepted.add(n);
    }
  }
  const lanes = Promise.all(Array.from({ length: 8 }, lane));
  return {
    accepted,
    async stop() {
      state.running = false;
      await lanes;
      return accepted;
    },
  };
}

const received = (): Set<number> => new Set(receiver.requests.map((request) => request.json().data.n));
const duplicates = (): number => receiver.requests.length - received().size;
const arrivals = (count: number) => receiver.waitFor((requests) => requests.length >= count, 60_000);

/** Waits until every pushed event is read and every delivery is settled. */
async function allSettle(): Promise<void> {
  await eventually(
    async () => {
      expect(await queue.getJobCounts('waiting', 'active', 'delayed')).toEqual({
        waiting: 0,
        active: 0,
        delayed: 0,
      });
      const pending = await api.get(`/v1/deliveries?webhookId=${webhookId}&status=pending&limit=1`);
      expect(pending.body.data).toEqual([]);
    },
    { timeoutMs: 120_000, intervalMs: 200 },
  );
}

/** Returns the start of the last attempt to deliver an event, in milliseconds since 1970. */
async function lastStartMs(eventId: string): Promise<number> {
  const { body: deliveries } = await api.get(`/v1/events/${eventId}/deliveries`);
  const attempts = await eventually(async () => {
    const { body } = await api.get(`/v1/deliveries/${deliveries.data[0].id}/attempts`);
    expect(body.data).not.toEqual([]);
    return body.data;
  });
  return Math.max(...attempts.map(({ startedAt }: { startedAt: string }) => Date.parse(startedAt)));
}

describe('suspend', () => {
  it('lets no request start after its response, under load', async () => {
    await createSlowWebhook();
    const load = startLoad();
    await arrivals(200);
    const response = await api.post(`/v1/webhooks/${webhookId}/suspend`);
    const respondedAtMs = Date.now();
    const countAtResponse = receiver.requests.length;
    expect(response.body.status).toBe('suspended');
    await sleep(2000);
    await load.stop();
    // On a busy machine this process sees requests late: the recorded start counts.
    for (const { headers } of receiver.requests.slice(countAtResponse))
      expect(await lastStartMs(headers['webhook-id'] ?? '')).toBeLessThan(respondedAtMs);
    const dropped = await api.get(`/v1/deliveries?webhookId=${webhookId}&status=pending`);
    expect(dropped.body.data).toEqual([]);
  });

  it('skips events pushed during the suspension, even if they are read after the reactivation', async () => {
    await createSlowWebhook();
    await api.post(`/v1/webhooks/${webhookId}/suspend`);
    const producer = stack.process('producer');
    producer.kill('SIGSTOP');
    await queue.addBulk(
      Array.from({ length: 1000 }, (_, index) => ({ name: 'load.pushed', data: { data: { index } } })),
    );
    await api.post(`/v1/webhooks/${webhookId}/reactivate`);
    producer.kill('SIGCONT');
    await eventually(async () =>
      expect(await queue.getJobCounts('waiting', 'active')).toEqual({ waiting: 0, active: 0 }),
    );
    await queue.add('load.pushed', { data: { last: true } });
    const [only] = await arrivals(1);
    expect(only?.json().data).toEqual({ last: true });
    expect(receiver.requests.length).toBe(1);
  });
});

/** Kills a process and waits until it has restarted. */
async function kill(role: ProcessRole): Promise<void> {
  const victim = stack.process(role);
  const restarted = victim.nextStart();
  victim.kill('SIGKILL');
  await restarted;
}

describe('under load, no accepted event is lost when', () => {
  it.each<[string, () => Promise<unknown>, Publish, number]>([
    ['a worker is killed', () => kill('worker'), byHttp, IN_FLIGHT],
    ['the producer is killed', () => kill('producer'), byRedis, 0],
    ['the API is killed', () => kill('api'), byHttp, 0],
    ['Redis is killed', () => kill('redis'), byHttp, IN_FLIGHT * 2],
    ['PostgreSQL is killed', () => kill('postgres'), byHttp, IN_FLIGHT * 2],
    ['Redis is flushed', () => redis.flushall(), byHttp, IN_FLIGHT * 2],
  ])(
    '%s',
    async (_what, injectFault, publish, maxDuplicates) => {
      await createSlowWebhook();
      const load = startLoad(publish);
      await arrivals(100);
      await injectFault();
      const before = load.accepted.size;
      await eventually(() => expect(load.accepted.size).toBeGreaterThan(before + 100), { timeoutMs: 90_000 });
      const accepted = await load.stop();
      await allSettle();
      const arrived = received();
      const lost = [...accepted].filter((n) => !arrived.has(n));
      expect(lost).toEqual([]);
      expect(duplicates()).toBeLessThanOrEqual(maxDuplicates);
      await eventually(async () => {
        const ready = await fetch(`${stack.apiUrl}/readyz`);
        expect(ready.status).toBe(200);
      });
    },
    300_000,
  );
});
