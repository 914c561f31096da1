// The restore drill of docs/runbook.md: a backup is taken under load, all data is lost, and PostgreSQL is restored from the backup
// beside an empty Redis.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import { type ApiClient, patientClient, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import { baseBackup, restore } from './base-backup.js';

const BATCH = 50;

let folder: string;
let receiver: Receiver;
let stack: Stack;
let api: ApiClient;

/** The paths of the webhooks that respond with 200; the others respond with 503. */
let well: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'posthorn-drill-'));
  // PostgreSQL may run as another user, who must be able to enter this folder.
  await chmod(folder, 0o711);
  receiver = await startReceiver({
    handler: (request) => {
      const { type, data } = request.json();
      if (type === 'webhook.validation') return { body: JSON.stringify({ code: data.code }) };
      return { status: well.includes(request.path) ? 200 : 503 };
    },
  });
  use(await startStack({ ephemeral: true, role: 'all' }));
}, 240_000);

afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
  await rm(folder, { recursive: true, force: true });
});

function use(next: Stack): void {
  stack = next;
  api = patientClient(stack.apiUrl, stack.adminKey);
}

async function createActiveWebhook(at: string): Promise<void> {
  const url = new URL(at, receiver.url).href;
  const retrySchedule = Array.from({ length: 20 }, () => 5);
  const { body } = await api.post('/v1/webhooks', { url, eventTypes: ['load.*'], retrySchedule });
  expect((await api.post(`/v1/webhooks/${body.id}/validation`)).body.status).toBe('confirmed');
}

/** Publishes a batch of events with numbers from `first`. */
async function publish(first: number): Promise<void> {
  const events = numbers(first).map((n) => ({ type: 'load.test', data: { n } }));
  expect((await api.post('/v1/events/batch', { events })).body.accepted).toHaveLength(BATCH);
}

const numbers = (first: number): number[] => Array.from({ length: BATCH }, (_, index) => first + index);

/** Returns the numbers of the events sent to a webhook after the first `from` requests. */
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

it('resumes the deliveries pending at the backup, and repeats only those delivered after it', async () => {
  await createActiveWebhook('/now');
  await createActiveWebhook('/late');

  // Before the backup, the first batch is delivered to one webhook, and the second is pending for both.
  well = ['/now'];
  await publish(1);
  await eventually(async () => expect(await pending()).toBe(BATCH), { timeoutMs: 60_000 });
  well = [];
  await publish(1 + BATCH);
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(4 * BATCH), { timeoutMs: 60_000 });
  await baseBackup(stack, path.join(folder, 'backup'));

  // After the backup, the second batch is delivered to one webhook, and a third one, which the backup lacks, is published.
  well = ['/now'];
  await publish(1 + 2 * BATCH);
  await eventually(async () => expect(await pending()).toBe(3 * BATCH), { timeoutMs: 60_000 });
  await restore(path.join(folder, 'backup'), stack.dataDir, path.join(folder, 'restored'));
  stack.kill();
  await stack.stop();

  const before = receiver.requests.length;
  well = ['/now', '/late'];
  use(await startStack({ ephemeral: true, role: 'all', dataDir: path.join(folder, 'restored') }));
  await eventually(async () => expect(await pending()).toBe(0), { timeoutMs: 60_000 });
  const known = [...numbers(1), ...numbers(1 + BATCH)];
  expect(sentTo('/late', before)).toEqual(known);
  expect(sentTo('/now', before)).toEqual(numbers(1 + BATCH));

  // Keys, secrets and webhooks still work.
  await publish(1 + 3 * BATCH);
  await eventually(() => expect(sentTo('/late', before)).toEqual([...known, ...numbers(1 + 3 * BATCH)]));
}, 240_000);
