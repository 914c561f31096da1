// The restore steps of docs/runbook.md after an erasure: nothing of the erased person leaves before the erasure is repeated.
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  eventually,
  type OwnRedis,
  patientClient,
  type Receiver,
  startOwnRedis,
  startReceiver,
} from '@posthorn/testkit';
import { baseBackup, recover, RECOVERY_FLAGS, restore } from './base-backup.js';

const CLI = path.resolve(import.meta.dirname, '../../../packages/cli/bin/posthorn.js');
const PERSON = 'person-to-be-erased';
const EVENTS = 5;
const TIMEOUT_MS = 120_000;

let folder: string;
let receiver: Receiver;
let redis: OwnRedis;
let stack: Stack;
let api: ApiClient;
let personEvents: string[];
let webhookId: string;
/** Whether the receiver accepts events. */
let accepts = false;

const env = () => ({ POSTHORN_QUEUE_PREFIX: 'posthorn-restored' });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'posthorn-erasures-'));
  // PostgreSQL may run as another user, who must be able to enter this folder.
  await chmod(folder, 0o711);
  redis = await startOwnRedis();
  receiver = await startReceiver({
    handler: (request) => {
      const { type, data } = request.json();
      if (type === 'webhook.validation') return { body: JSON.stringify({ code: data.code }) };
      // Another error than 503, which would be a sign of a slow receiver: deliveries stay in the fast lane.
      return { status: accepts ? 200 : 400 };
    },
  });
  use(await startStack({ ephemeral: true, workers: 1, env: { ...env(), REDIS_URL: redis.redisUrl } }));
  await prepare();
}, 300_000);

afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

function use(next: Stack): void {
  stack = next;
  api = patientClient(stack.apiUrl, stack.adminKey);
}

/** Publishes events that are pending at the backup, takes it, and then erases the person. Nothing of the stack is left but its Redis. */
async function prepare(): Promise<void> {
  const { body: webhook } = await api.post('/v1/webhooks', {
    url: receiver.url,
    eventTypes: ['order.*'],
    retrySchedule: Array.from({ length: 20 }, () => 5),
  });
  webhookId = webhook.id;
  expect((await api.post(`/v1/webhooks/${webhookId}/validation`)).body.status).toBe('confirmed');
  personEvents = await publish(PERSON);
  await publish('others');
  await baseBackup(stack, path.join(folder, 'backup'));
  await api.post('/v1/erasures', { tenantId: 'default', key: '/customer', value: PERSON });
  const { body } = await api.get('/v1/erasures');
  expect(body.data).toHaveLength(1);
  await writeFile(path.join(folder, 'receipts.txt'), `${body.data[0].receipt}\n`);
  for (const name of ['old-redis', 'new-redis'])
    await restore(path.join(folder, 'backup'), stack.dataDir, path.join(folder, name));
  stack.kill();
  await stack.stop();
  accepts = true;
}

async function publish(customer: string): Promise<string[]> {
  const events = Array.from({ length: EVENTS }, (_, n) => ({ type: 'order.paid', data: { customer, n } }));
  const { body } = await api.post('/v1/events/batch', { events });
  expect(body.accepted).toHaveLength(EVENTS);
  return body.accepted.map(({ id }: { id: string }) => id);
}

const sentOf = (customer: string, from: number): number =>
  receiver.requests.slice(from).filter(({ body }) => body.includes(customer)).length;

/** Returns the number of delayed jobs of deliveries without an attempt. Only the hold of the worker delays them. */
async function heldJobs(): Promise<number> {
  const text = await (await fetch(`${stack.apiUrl}/metrics`)).text();
  return Number(/^posthorn_delivery_jobs\{lane="fast",state="delayed"\} (\d+)$/m.exec(text)?.[1]);
}

/** Repeats the erasures as documented. */
const repeatErasures = () =>
  promisify(execFile)(process.execPath, [CLI, 'erasures', 'replay', 'receipts.txt', '--yes'], {
    cwd: folder,
    env: { ...process.env, POSTHORN_URL: stack.apiUrl, POSTHORN_API_KEY: stack.adminKey },
  });

/** Returns the status of a call that is not repeated. */
const statusOf = async (at: string) =>
  (await fetch(stack.apiUrl + at, { headers: { authorization: `Bearer ${stack.adminKey}` } })).status;

/** Follows the steps after the restore, and checks what leaves. */
async function expectHeldUntilRepeated(): Promise<void> {
  const before = receiver.requests.length;
  expect((await api.get('/v1/quarantine')).body.status).toBe('quarantined');
  await publish('later');
  // Meanwhile the worker runs the deliveries of the backup as well, all of which are due.
  await eventually(async () => expect(await heldJobs()).toBeGreaterThan(0), { timeoutMs: TIMEOUT_MS });
  for (const at of [`/v1/events/${personEvents[0]}`, '/v1/deliveries', '/v1/tenants/default/export'])
    expect([at, await statusOf(at)]).toEqual([at, 503]);
  expect(receiver.requests).toHaveLength(before);

  const { stdout } = await repeatErasures();
  expect(stdout).toContain('The database is released.');
  await eventually(
    () => {
      expect(sentOf('others', before)).toBe(EVENTS);
      expect(sentOf('later', before)).toBe(EVENTS);
    },
    { timeoutMs: TIMEOUT_MS },
  );
  expect(sentOf(PERSON, before)).toBe(0);
  expect((await api.get(`/v1/events/${personEvents[0]}`)).body).toMatchObject({ erased: true, data: null });
}

describe('a backup from before an erasure', () => {
  it('is held beside its Redis, which knows of the erasure', async () => {
    const dataDir = path.join(folder, 'old-redis');
    use(
      await startStack({
        ephemeral: true,
        workers: 1,
        dataDir,
        env: { ...env(), REDIS_URL: redis.redisUrl },
      }),
    );
    await expectHeldUntilRepeated();
    await stack.stop();
  }, 400_000);

  it('is held beside a new Redis, since it begins another timeline', async () => {
    const dataDir = path.join(folder, 'new-redis');
    await recover(dataDir);
    use(
      await startStack({ ephemeral: true, workers: 1, dataDir, postgresFlags: RECOVERY_FLAGS, env: env() }),
    );
    await expectHeldUntilRepeated();
  }, 400_000);
});
