import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type ApiClient, eventually, type Receiver } from '@posthorn/testkit';
import { Queue } from 'bullmq';
import type { Cluster, Redis } from 'ioredis';

export interface Doors {
  api: ApiClient;
  redis: Redis | Cluster;
  prefix: string;
  receiver: Receiver;
}

/** A webhook for `eventTypes` whose validation code was sent and confirmed. */
export async function activeWebhook(
  { api, receiver }: Pick<Doors, 'api' | 'receiver'>,
  settings: { eventTypes: string[]; [setting: string]: unknown },
): Promise<string> {
  const { body } = await api.post('/v1/webhooks', { url: receiver.url, ...settings });
  expect((await api.post(`/v1/webhooks/${body.id}/validation`)).body.status).toBe('code_sent');
  const { code } = receiver.requests.at(-1)?.json().data ?? {};
  const confirmed = await api.post(`/v1/webhooks/${body.id}/validation/confirm`, { code });
  expect(confirmed.body.status).toBe('active');
  receiver.requests.length = 0;
  return body.id;
}

/** The life of a webhook: validated, published for by all doors, tried again, replayed, suspended. */
export async function liveWholeLife({ api, redis, prefix, receiver }: Doors): Promise<void> {
  const queue = new Queue('events', { connection: redis, prefix });
  const id = await activeWebhook({ api, receiver }, { eventTypes: ['life.*'], retrySchedule: [1, 1] });
  const succeeded = async () =>
    (await api.get(`/v1/deliveries?webhookId=${id}&status=succeeded`)).body.data.length;

  const tried = new Set<string>();
  receiver.handle(({ json }) => {
    if (tried.has(json().id)) return {};
    tried.add(json().id);
    return { status: 404 };
  });
  expect((await api.post('/v1/events', { type: 'life.begun', data: { by: 'http' } })).status).toBe(202);
  await queue.add('life.begun', { data: { by: 'queue' } });
  await redis.xadd(`${prefix}:intake`, '*', 'type', 'life.begun', 'data', '{"by":"stream"}');
  await receiver.waitFor(6, 15_000);
  const arrivals = (door: string) => receiver.requests.filter(({ json }) => json().data.by === door).length;
  expect(['http', 'queue', 'stream'].map(arrivals)).toEqual([2, 2, 2]);
  await eventually(async () => expect(await succeeded()).toBe(3));

  const times = { from: new Date(Date.now() - 3_600_000).toISOString(), to: new Date().toISOString() };
  const replay = await api.post(`/v1/webhooks/${id}/replay`, times);
  expect(replay.body.total).toBe(3);
  await receiver.waitFor(9, 15_000);
  await eventually(async () =>
    expect((await api.get(`/v1/replays/${replay.body.id}`)).body.status).toBe('completed'),
  );

  receiver.handle(() => ({ status: 404 }));
  const { body: last } = await api.post('/v1/events', { type: 'life.ends', data: {} });
  await receiver.waitFor(10, 15_000);
  expect((await api.post(`/v1/webhooks/${id}/suspend`)).body.status).toBe('suspended');
  expect((await api.post('/v1/events', { type: 'life.ends', data: {} })).body.deliveries).toBe(0);
  const sent = receiver.requests.length;
  // Its retry was due after a second.
  await sleep(2000);
  expect(receiver.requests.length).toBe(sent);
  const { body: deliveries } = await api.get(`/v1/events/${last.id}/deliveries`);
  expect(deliveries.data).toMatchObject([{ status: 'dropped' }]);
  await queue.close();
}
