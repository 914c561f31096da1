// A bulk replay with real processes: every delivery arrives again although processes are killed, and cancelling stops it.
import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  patientClient,
  type ApiResponse,
  eventually,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

const DELIVERIES = 1000;

/** The most replayed deliveries that one worker has in flight. They may arrive twice when it is killed. */
const IN_FLIGHT = 8;

let stack: Stack;
let servers: TestServers;
let api: ApiClient;
let redis: Redis;
let lane: Queue;
let receiver: Receiver;
let webhookId: string;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, servers });
  api = patientClient(stack.apiUrl, stack.adminKey);
  redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  lane = new Queue('deliveries-replay', { connection: redis, prefix: stack.queuePrefix });
  lane.on('error', () => {});
  receiver = await startReceiver();
  const fields = { eventTypes: ['replay.*'], timeoutMs: 30_000 };
  ({ id: webhookId } = await createActiveWebhook(api, receiver, fields));
  await deliverOnce();
}, 240_000);

beforeEach(() => {
  receiver.requests.length = 0;
});

afterAll(async () => {
  await receiver?.close();
  await lane?.close();
  redis?.disconnect();
  await stack?.stop();
  await servers?.drop();
});

/** Delivers many events once, to be replayed later. */
async function deliverOnce(): Promise<void> {
  const events = Array.from({ length: 1000 }, (_, n) => ({ type: 'replay.test', data: { n } }));
  for (let sent = 0; sent < DELIVERIES; sent += events.length) {
    expect((await api.post('/v1/events/batch', { events })).body.accepted).toHaveLength(events.length);
  }
  await eventually(
    async () => {
      const pending = await api.get(`/v1/deliveries?webhookId=${webhookId}&status=pending&limit=1`);
      expect(pending.body.data).toEqual([]);
    },
    { timeoutMs: 120_000, intervalMs: 100 },
  );
  expect(receiver.byEvent().size).toBe(DELIVERIES);
}

async function startReplay(): Promise<string> {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const { status, body } = await api.post(`/v1/webhooks/${webhookId}/replay`, {
    from,
    to: new Date().toISOString(),
  });
  expect({ status, body }).toMatchObject({ status: 202, body: { total: DELIVERIES } });
  return body.id;
}

const replay = (id: string): Promise<ApiResponse> => api.get(`/v1/replays/${id}`);

const arrivals = (count: number) => receiver.waitFor((requests) => requests.length >= count, 60_000);

describe('a replay', () => {
  it('delivers everything again although the producer and a worker are killed half-way', async () => {
    receiver.handle(() => ({ delayMs: 10 }));
    const id = await startReplay();
    await arrivals(DELIVERIES / 3);
    stack.process('producer').kill('SIGKILL');
    stack.process('worker').kill('SIGKILL');
    const over = await eventually(
      async () => {
        const { body } = await replay(id);
        expect(body.status).toBe('completed');
        return body;
      },
      { timeoutMs: 120_000, intervalMs: 200 },
    );
    expect(over).toMatchObject({
      queued: DELIVERIES,
      progress: { pending: 0, succeeded: DELIVERIES, failed: 0, dropped: 0 },
      finishedAt: expect.any(String),
    });
    expect(receiver.byEvent().size).toBe(DELIVERIES);
    expect(receiver.requests.length - DELIVERIES).toBeLessThanOrEqual(IN_FLIGHT);
  }, 240_000);

  it('stops when it is cancelled', async () => {
    // The producer requeues a limited number of deliveries before the first ones have succeeded.
    const release = new EventEmitter().setMaxListeners(0);
    receiver.handle(async () => {
      if (receiver.requests.length > 200) await once(release, 'release');
      return {};
    });
    const id = await startReplay();
    await arrivals(200);
    await eventually(async () => expect((await replay(id)).body.queued).toBeGreaterThan(250));
    const cancelled = await api.post(`/v1/replays/${id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', progress: { pending: 0 } } });
    release.emit('release');
    receiver.handle(() => ({}));
    await eventually(async () =>
      expect(await lane.getJobCounts('waiting', 'prioritized', 'active', 'delayed')).toEqual({
        waiting: 0,
        prioritized: 0,
        active: 0,
        delayed: 0,
      }),
    );
    // No job is left, so no request follows. All deliveries had succeeded before the replay, and have again.
    const { queued, progress } = (await replay(id)).body;
    expect(progress).toEqual({ pending: 0, failed: 0, succeeded: queued, dropped: 0 });
    expect(receiver.byEvent().size).toBeLessThan(queued);
    expect(queued).toBeLessThan(DELIVERIES);
  });

  it('delivers the others within a minute although the first hundreds fail', async () => {
    const refused = new Set<unknown>();
    receiver.handle(({ headers }) => {
      if (refused.size < 900) refused.add(headers['webhook-id']);
      return refused.has(headers['webhook-id']) ? { status: 400 } : {};
    });
    const id = await startReplay();
    await receiver.waitFor(() => receiver.byEvent().size === DELIVERIES, 60_000);
    expect(refused.size).toBe(900);
    // Those that have failed wait for their retries.
    expect((await replay(id)).body).toMatchObject({ status: 'running', queued: DELIVERIES });
    const { body } = await api.post(`/v1/replays/${id}/cancel`);
    expect(body).toEqual(expect.objectContaining({ status: 'cancelled' }));
  }, 120_000);
});
