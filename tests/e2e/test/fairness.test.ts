// One tenant floods, another publishes now and then: its events do not wait for the flood to drain.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import { type ApiClient, apiClient, type Receiver, startReceiver } from '@posthorn/testkit';

const FLOOD = 8000;
const BATCH = 500;
const EVERY_MS = 50;

interface Tenant {
  api: ApiClient;
  receiver: Receiver;
}

let stack: Stack;
let flooding: Tenant;
let other: Tenant;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true });
  flooding = await createTenant('flooding');
  other = await createTenant('other');
}, 120_000);

afterAll(async () => {
  await flooding?.receiver.close();
  await other?.receiver.close();
  await stack?.stop();
}, 60_000);

/** A tenant with a key of its own and one active webhook. */
async function createTenant(name: string): Promise<Tenant> {
  const created = await apiClient(stack.apiUrl, stack.adminKey).post('/v1/tenants', { name });
  const api = apiClient(stack.apiUrl, created.body.key);
  const receiver = await startReceiver({
    handler: ({ json }) => {
      const { type, data } = json();
      return type === 'webhook.validation' ? { body: JSON.stringify({ code: data.code }) } : {};
    },
  });
  const webhook = await api.post('/v1/webhooks', { url: receiver.url, eventTypes: ['test.*'] });
  const validated = await api.post(`/v1/webhooks/${webhook.body.id}/validation`);
  expect(validated.body.status).toBe('confirmed');
  receiver.requests.length = 0;
  receiver.handle(() => ({}));
  return { api, receiver };
}

const event = () => ({ type: 'test.event', data: { publishedAt: Date.now() } });

/** As much at a time as there is room for. */
async function flood(): Promise<void> {
  let left = FLOOD / BATCH;
  const lane = async () => {
    while (left > 0) {
      left -= 1;
      await publishBatch(String(left));
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

/** Again while there is no room. */
async function publishBatch(key: string): Promise<void> {
  const body = { events: Array.from({ length: BATCH }, event) };
  for (;;) {
    const { status } = await flooding.api.post('/v1/events/batch', body, { 'idempotency-key': key });
    if (status === 202) return;
    expect(status).toBe(503);
    await sleep(EVERY_MS);
  }
}

/** Answers how many it has published. */
async function trickleUntil(isOver: () => boolean): Promise<number> {
  let published = 0;
  while (!isOver()) {
    const answer = await other.api.post('/v1/events', event());
    expect(answer.status).toBe(202);
    published += 1;
    await sleep(EVERY_MS);
  }
  return published;
}

/** From the moment before it was published until its receiver had it, in milliseconds. */
function medianLatencyMs({ receiver }: Tenant): number {
  const latencies = receiver.requests.map(({ at, json }) => at - json().data.publishedAt);
  return latencies.toSorted((a, b) => a - b)[latencies.length >> 1] ?? NaN;
}

it("one tenant's flood does not make another's events wait until it has drained", async () => {
  const drained = () => flooding.receiver.requests.length >= FLOOD;
  const flooded = flood();
  const published = await trickleUntil(drained);
  await flooded;
  expect(published).toBeGreaterThan(10);
  await other.receiver.waitFor(published, 30_000);
  expect(medianLatencyMs(other)).toBeLessThan(medianLatencyMs(flooding) / 10);
}, 120_000);
