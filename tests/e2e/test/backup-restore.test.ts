// The drill of docs/operations.md: a backup is taken under load, everything is lost, and PostgreSQL comes back from the backup with
// an empty Redis.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import { type ApiClient, apiClient, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import { baseBackup, restore } from './base-backup.js';

const BATCH = 50;

let folder: string;
let receiver: Receiver;
let stack: Stack;
let api: ApiClient;

/** Which webhooks answer 200, by their path; the others answer 503. */
let well: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'posthorn-drill-'));
  // PostgreSQL may run as another user, who must get through to its part.
  await chmod(folder, 0o711);
  receiver = await startReceiver({
    handler: (request) => {
      const { type, data } = request.json();
      if (type === 'webhook.validation') return { body: JSON.stringify({ code: data.code }) };
      return { status: well.includes(request.path) ? 200 : 503 };
    },
  });
  use(await startStack({ ephemeral: true }));
}, 240_000);

afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

function use(next: Stack): void {
  stack = next;
  api = apiClient(stack.apiUrl, stack.adminKey);
}

async function createActiveWebhook(at: string): Promise<void> {
  const url = new URL(at, receiver.url).href;
  const retrySchedule = Array.from({ length: 20 }, () => 5);
  const { body } = await api.post('/v1/webhooks', { url, eventTypes: ['load.*'], retrySchedule });
  expect((await api.post(`/v1/webhooks/${body.id}/validation`)).body.status).toBe('confirmed');
}

/** Publishes a batch of events, numbered from `first` on. */
async function publish(first: number): Promise<void> {
  const events = numbers(first).map((n) => ({ type: 'load.test', data: { n } }));
  expect((await api.post('/v1/events/batch', { events })).body.accepted).toHaveLength(BATCH);
}

const numbers = (first: number): number[] => Array.from({ length: BATCH }, (_, index) => first + index);

/** The events that were sent to a webhook after the first `from` requests, by number. */
function sentTo(at: string, from: number): number[] {
  return receiver.requests
    .slice(from)
    .filter((request) => request.path === at)
    .map((request) => Number(request.json().data.n))
    .toSorted((a, b) => a - b);
}

async function pending(): Promise<number> {
  const { body } = await api.get('/v1/deliveries?status=pending&limit=200');
  return body.data.length;
}

it('brings back what was pending at the backup, and repeats only what was delivered after it', async () => {
  await createActiveWebhook('/now');
  await createActiveWebhook('/late');

  // Before the backup: the first batch is delivered to one of the two, the second is pending for both.
  well = ['/now'];
  await publish(1);
  await eventually(async () => expect(await pending()).toBe(BATCH), { timeoutMs: 30_000 });
  well = [];
  await publish(1 + BATCH);
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(4 * BATCH), { timeoutMs: 30_000 });
  await baseBackup(stack, path.join(folder, 'backup'));

  // After it: the second batch is delivered to one, and a third one comes that the backup does not know.
  well = ['/now'];
  await publish(1 + 2 * BATCH);
  await eventually(async () => expect(await pending()).toBe(3 * BATCH), { timeoutMs: 60_000 });
  await restore(path.join(folder, 'backup'), stack.dataDir, path.join(folder, 'restored'));
  stack.kill();
  await stack.stop();

  const before = receiver.requests.length;
  well = ['/now', '/late'];
  use(await startStack({ ephemeral: true, dataDir: path.join(folder, 'restored') }));
  await eventually(async () => expect(await pending()).toBe(0), { timeoutMs: 60_000 });
  const known = [...numbers(1), ...numbers(1 + BATCH)];
  expect(sentTo('/late', before)).toEqual(known);
  expect(sentTo('/now', before)).toEqual(numbers(1 + BATCH));

  // And it works on: keys, secrets and webhooks are those of before.
  await publish(1 + 3 * BATCH);
  await eventually(() => expect(sentTo('/late', before)).toEqual([...known, ...numbers(1 + 3 * BATCH)]));
}, 240_000);
