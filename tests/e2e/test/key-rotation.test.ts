// A rotation of the encryption key, which the processes read from a file, while events are delivered.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { encryptionKeyId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  type ActiveWebhook,
  type ApiClient,
  apiClient,
  createActiveWebhook,
  eventually,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';
import { verify } from '@posthorn/sdk/webhooks';
import { runToExit, type ServiceProcess, serviceSettings, startService } from './service-process.js';

const CLI = path.resolve(import.meta.dirname, '../../../packages/cli/bin/posthorn.js');
const ROLES = ['api', 'producer', 'worker'] as const;

const [old, next] = [randomBytes(32), randomBytes(32)] as const;

let folder: string;
let stack: Stack;
let database: Database;
let receiver: Receiver;
let api: ApiClient;
let settings: Record<string, string>;
let services: ServiceProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-e2e-'));
  stack = await startStack({ ephemeral: true, services: false });
  database = connect({ url: stack.databaseUrl, applicationName: 'posthorn e2e' });
  receiver = await startReceiver();
  const port = String(await freePort());
  const { POSTHORN_ENCRYPTION_KEY: _key, ...others } = serviceSettings(stack);
  const POSTHORN_ENCRYPTION_KEY_FILE = path.join(folder, 'encryption-key');
  settings = { ...others, POSTHORN_ENCRYPTION_KEY_FILE };
  const apiSettings = { POSTHORN_ADMIN_KEY: stack.adminKey, POSTHORN_PORT: port };
  settings = { ...settings, ...apiSettings };
  api = apiClient(`http://127.0.0.1:${port}`, stack.adminKey);
}, 120_000);

afterAll(async () => {
  for (const service of services) service.kill();
  await receiver?.close();
  await database?.stop();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const setKeys = (...keys: Buffer[]) =>
  writeFileSync(path.join(folder, 'encryption-key'), `${keys.map((key) => key.toString('base64')).join()}\n`);

async function restartWith(...keys: Buffer[]): Promise<void> {
  setKeys(...keys);
  await Promise.all(services.map((service) => service.stop()));
  services = await Promise.all(ROLES.map((role) => startService(role, settings)));
}

/** Publishes an event and waits for a request with the header and the signature of the webhook. */
async function expectDelivered({ secret }: ActiveWebhook): Promise<void> {
  const { status, body } = await api.post('/v1/events', { type: 'order.paid', data: {} });
  expect(status).toBe(202);
  await eventually(() => {
    const request = receiver.requests.find(({ headers }) => headers['webhook-id'] === body.id);
    expect(request?.headers['authorization']).toBe('Bearer sealed');
    if (request) verify(request.body, request.headers, secret);
  });
}

/** Lets the processes that have stopped be forgotten at once. A rotation waits a minute for it. */
const forgetStopped = () =>
  database.pool.query(`UPDATE encryption_key SET used_at = '2000-01-01' WHERE id = $1`, [
    encryptionKeyId(old),
  ]);

it('changes nothing for receivers, and ends the use of the old key', async () => {
  await restartWith(old);
  const webhook = await createActiveWebhook(api, receiver, { headers: { authorization: 'Bearer sealed' } });
  const tag = (await api.get(`/v1/webhooks/${webhook.id}`)).headers.get('etag');
  await expectDelivered(webhook);

  await restartWith(old, next);
  await expectDelivered(webhook);
  await restartWith(next, old);
  await expectDelivered(webhook);

  setKeys(next);
  expect(await runToExit('worker', settings)).toMatchObject({
    code: 1,
    stderr: `posthorn worker: POSTHORN_ENCRYPTION_KEY lacks the key ${encryptionKeyId(old)}, with which values in this database are sealed; it has ${encryptionKeyId(next)}\n`,
  });

  setKeys(next, old);
  await forgetStopped();
  const env = { ...settings, PATH: process.env['PATH'] ?? '' };
  const rotation = promisify(execFile)(process.execPath, [CLI, 'encryption', 'rotate', '--json'], { env });
  await Promise.all([1, 2, 3].map(() => expectDelivered(webhook)));
  expect(JSON.parse((await rotation).stdout)).toEqual({
    data: [
      {
        purpose: 'encryption',
        keyId: encryptionKeyId(next),
        // The key for hashes, the secret and the header.
        resealed: 3,
        unneeded: [encryptionKeyId(old)],
      },
    ],
  });
  await expectDelivered(webhook);

  await restartWith(next);
  await expectDelivered(webhook);
  expect((await api.get(`/v1/webhooks/${webhook.id}`)).headers.get('etag')).toBe(tag);
  setKeys(old);
  expect(await runToExit('api', settings)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`lacks the key ${encryptionKeyId(next)}`),
  });
}, 180_000);
