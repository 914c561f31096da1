import assert from 'node:assert/strict';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  patientClient,
  eventually,
  type Receiver,
  startReceiver,
  testServers,
} from '@posthorn/testkit';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { type ServiceProcess, serviceSettings, startService } from '../service-process.js';

export const ROLES = ['api', 'producer', 'worker'] as const;

export type ObservedRole = (typeof ROLES)[number];

/** One API, one producer and one worker with accessible metrics and logs. */
export interface ObservedStack {
  api: ApiClient;
  adminKey: string;
  apiUrl: string;
  receiver: Receiver;
  redis: Redis;
  events: Queue;
  prefix: string;
  databaseUrl: string;
  /** The metrics ports. */
  ports: Record<ObservedRole, number>;
  metricsOf(role: ObservedRole): Promise<string>;
  /** Returns the log records of a role so far. */
  logOf(role: ObservedRole): Record<string, unknown>[];
  /** Creates an active webhook and returns its id. Clears the requests of the receiver. */
  createWebhook(settings: { eventTypes: string[]; [setting: string]: unknown }): Promise<string>;
  stopService(role: ObservedRole): Promise<void>;
  stop(): Promise<void>;
}

export async function startObservedStack(env: Record<string, string> = {}): Promise<ObservedStack> {
  const servers = await testServers();
  const stack: Stack = await startStack({ ephemeral: true, services: false, servers });
  const [redis, receiver] = [
    new Redis(stack.redisUrl, { maxRetriesPerRequest: null }),
    await startReceiver(),
  ];
  const prefix = stack.queuePrefix;
  const events = new Queue('events', { connection: redis, prefix });
  const ports = { api: await freePort(), producer: await freePort(), worker: await freePort() };
  const logs: Record<ObservedRole, string> = { api: '', producer: '', worker: '' };
  const settings = { ...serviceSettings(stack), POSTHORN_LOG_LEVEL: 'info', ...env };
  const running = new Map<ObservedRole, ServiceProcess>();

  async function start(role: ObservedRole, own: Record<string, string>): Promise<void> {
    const onLog = (text: string) => (logs[role] += text);
    running.set(role, await startService(role, { ...settings, ...own }, { onLog }));
  }
  await start('api', {
    POSTHORN_HOST: '127.0.0.1',
    POSTHORN_PORT: String(ports.api),
    POSTHORN_ADMIN_KEY: stack.adminKey,
    POSTHORN_DRAIN_MS: '0',
  });
  await Promise.all([
    start('producer', { POSTHORN_HEALTH_PORT: String(ports.producer) }),
    start('worker', { POSTHORN_HEALTH_PORT: String(ports.worker) }),
  ]);
  const apiUrl = `http://127.0.0.1:${ports.api}`;
  const api = patientClient(apiUrl, stack.adminKey);

  return {
    api,
    apiUrl,
    adminKey: stack.adminKey,
    receiver,
    redis,
    events,
    prefix,
    databaseUrl: stack.databaseUrl,
    ports,
    metricsOf: async (role) => (await fetch(`http://127.0.0.1:${ports[role]}/metrics`)).text(),
    logOf: (role) =>
      logs[role]
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line)),
    async createWebhook(fields) {
      const { id } = await createActiveWebhook(api, receiver, fields);
      receiver.requests.length = 0;
      return id;
    },
    async stopService(role) {
      await running.get(role)?.stop();
      running.delete(role);
    },
    async stop() {
      for (const service of running.values()) service.kill();
      await events.close();
      redis.disconnect();
      await receiver.close();
      await stack.stop();
      await servers.drop();
    },
  };
}

/** Uses every metric: publishes through all ingresses, with deliveries that succeed, fail, are retried and dropped. */
export async function useEverything(stack: ObservedStack): Promise<void> {
  const { api, receiver, events, redis, prefix } = stack;
  const id = await stack.createWebhook({ eventTypes: ['seen.*'], retrySchedule: [1, 3600] });
  const attempted = new Set<string>();
  receiver.handle(({ json }) => {
    const event = json();
    if (event.type === 'seen.never') return 'reset';
    if (event.type === 'seen.twice' && !attempted.has(event.id)) {
      attempted.add(event.id);
      return { status: 503 };
    }
    return {};
  });
  await api.post('/v1/events', { type: 'seen.once', data: {} });
  await api.post('/v1/events', { type: 'seen.twice', data: {} });
  await api.post('/v1/events', { type: 'seen.never', data: {} });
  await api.post('/v1/events', { type: 'not a type', data: {} });
  await events.add('seen.once', { data: {} });
  await events.add('not a type', { data: {} });
  await redis.xadd(`${prefix}:intake`, '*', 'type', 'seen.once', 'data', '{}');
  const states = async () => {
    const { body } = await api.get(`/v1/deliveries?webhookId=${id}`);
    return body.data
      .map((delivery: { status: string; attemptCount: number }) => [delivery.status, delivery.attemptCount])
      .toSorted();
  };
  const expected = [['pending', 2], ...[1, 1, 1, 2].map((attempts) => ['succeeded', attempts])];
  await eventually(async () => assert.deepEqual(await states(), expected));
  // The next retry would be due in an hour.
  const { body } = await api.post(`/v1/webhooks/${id}/suspend`);
  assert.deepEqual(body.droppedDeliveries, 1);
}
