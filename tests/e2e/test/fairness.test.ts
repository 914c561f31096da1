// One tenant floods the system, another publishes occasionally: its events do not wait until the flood has drained.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  createActiveWebhook,
  type ApiClient,
  apiClient,
  type ApiResponse,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';

const FLOOD = 4000;
const BATCH = 500;
const EVERY_MS = 50;

interface Tenant {
  api: ApiClient;
  receiver: Receiver;
}

let stack: Stack;
let servers: TestServers;
let flooding: Tenant;
let other: Tenant;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, workers: 1, servers });
  flooding = await createTenant('flooding');
  other = await createTenant('other');
}, 120_000);

afterAll(async () => {
  await flooding?.receiver.close();
  await other?.receiver.close();
  await stack?.stop();
  await servers?.drop();
});

/** Creates a tenant with an API key and one active webhook. */
async function createTenant(name: string): Promise<Tenant> {
  const created = await apiClient(stack.apiUrl, stack.adminKey).post('/v1/tenants', { name });
  const api = apiClient(stack.apiUrl, created.body.key);
  const receiver = await startReceiver();
  await createActiveWebhook(api, receiver, { eventTypes: ['test.*'] });
  return { api, receiver };
}

const event = () => ({ type: 'test.event', data: { publishedAt: Date.now() } });

/** Publishes as fast as batches are accepted. */
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

async function publishBatch(key: string): Promise<void> {
  const body = { events: Array.from({ length: BATCH }, event) };
  await untilAccepted(() => flooding.api.post('/v1/events/batch', body, { 'idempotency-key': key }));
}

/** Repeats a call while it is refused with 503. The time until it is accepted is part of the latency of its events. */
async function untilAccepted(call: () => Promise<ApiResponse>): Promise<void> {
  for (;;) {
    const { status } = await call();
    if (status === 202) return;
    expect(status).toBe(503);
    await sleep(EVERY_MS);
  }
}

/** Returns the number of published events. */
async function trickleUntil(isOver: () => boolean): Promise<number> {
  let published = 0;
  while (!isOver()) {
    published += 1;
    const body = { ...event(), idempotencyKey: String(published) };
    await untilAccepted(() => other.api.post('/v1/events', body));
    await sleep(EVERY_MS);
  }
  return published;
}

/** Returns the time from publication to arrival, in milliseconds. */
function medianLatencyMs({ receiver }: Tenant): number {
  const latencies = receiver.requests.map(({ at, json }) => at - json().data.publishedAt);
  return latencies.toSorted((a, b) => a - b)[latencies.length >> 1] ?? NaN;
}

it("delivers one tenant's events while another tenant's flood is pending", async () => {
  const drained = () => flooding.receiver.requests.length >= FLOOD;
  const flooded = flood();
  const published = await trickleUntil(drained);
  await flooded;
  expect(published).toBeGreaterThan(10);
  await other.receiver.waitFor(published);
  expect(medianLatencyMs(other)).toBeLessThan(medianLatencyMs(flooding) / 10);
  // Otherwise the reconciler has enqueued the deliveries, seconds later.
  expect(readFileSync(path.join(stack.dataDir, 'logs/api-0.log'), 'utf8')).not.toContain('enqueue failed');
}, 240_000);
