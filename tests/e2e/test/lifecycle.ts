import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type ApiClient, createActiveWebhook, eventually, type Receiver } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';

export interface Ingresses {
  api: ApiClient;
  redis: Redis | Cluster;
  prefix: string;
  receiver: Receiver;
}

/** Runs a webhook through its lifecycle: validation, publishing through all ingresses, retry, replay and suspension. */
export async function runLifecycle({ api, redis, prefix, receiver }: Ingresses): Promise<void> {
  const queue = new Queue('events', { connection: redis, prefix });
  // Long enough that a retry is always pending while the test lasts.
  const fields = { eventTypes: ['life.*'], retrySchedule: Array.from({ length: 20 }, () => 1) };
  const { id } = await createActiveWebhook(api, receiver, fields);
  const succeeded = async () =>
    (await api.get(`/v1/deliveries?webhookId=${id}&status=succeeded`)).body.data.length;

  const attempted = new Set<string>();
  receiver.handle(({ json }) => {
    if (attempted.has(json().id)) return {};
    attempted.add(json().id);
    return { status: 404 };
  });
  expect((await api.post('/v1/events', { type: 'life.begun', data: { by: 'http' } })).status).toBe(202);
  await queue.add('life.begun', { data: { by: 'queue' } });
  await redis.xadd(`${prefix}:intake`, '*', 'type', 'life.begun', 'data', '{"by":"stream"}');
  await receiver.waitFor(6);
  const arrivals = (ingress: string) =>
    receiver.requests.filter(({ json }) => json().data.by === ingress).length;
  expect(['http', 'queue', 'stream'].map(arrivals)).toEqual([2, 2, 2]);
  await eventually(async () => expect(await succeeded()).toBe(3));

  const times = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() };
  const replay = await api.post(`/v1/webhooks/${id}/replay`, times);
  expect(replay.body.total).toBe(3);
  await receiver.waitFor(9);
  await eventually(async () =>
    expect((await api.get(`/v1/replays/${replay.body.id}`)).body.status).toBe('completed'),
  );

  receiver.handle(() => ({ status: 404 }));
  const { body: last } = await api.post('/v1/events', { type: 'life.ends', data: {} });
  await receiver.waitFor(10);
  expect((await api.post(`/v1/webhooks/${id}/suspend`)).body.status).toBe('suspended');
  expect((await api.post('/v1/events', { type: 'life.ends', data: {} })).body.deliveries).toBe(0);
  const sent = receiver.requests.length;
  // The retry would be due after one second.
  await sleep(2000);
  expect(receiver.requests.length).toBe(sent);
  const { body: deliveries } = await api.get(`/v1/events/${last.id}/deliveries`);
  expect(deliveries.data).toMatchObject([{ status: 'dropped' }]);
  await queue.close();
}
