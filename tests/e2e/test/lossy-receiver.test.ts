// The Node example of a receiver that reads from the feed what did not arrive. `npm run test:examples` also runs those in other languages.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  type ApiClient,
  type CuttableProxy,
  eventually,
  passOn,
  patientClient,
  type Receiver,
  startCuttableProxy,
  startLossyReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';

const EXAMPLE = path.resolve(import.meta.dirname, '../../../examples/node/receive-all.js');

/** The last one of them that is lost is not the last one. */
const EVENTS = 95;

let stack: Stack;
let servers: TestServers;
let api: ApiClient;
/** How the example reaches the API. */
let proxy: CuttableProxy;
/** In front of the example. */
let lossy: Receiver;
let example: {
  process: ChildProcess;
  env: Record<string, string>;
  url: string;
  printed: string;
  errors: string;
};
let folder: string;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, role: 'all', servers });
  api = patientClient(stack.apiUrl, stack.adminKey);
  proxy = await startCuttableProxy(stack.apiUrl);
}, 120_000);

afterAll(async () => {
  await proxy?.close();
  await stack?.stop();
  await servers?.drop();
});

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-example-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  lossy = await startLossyReceiver(url);
  const env = { PORT: String(port), STATE_FILE: stateFile() };
  example = { process: spawn('true'), env, url, printed: '', errors: '' };
});

afterEach(async () => {
  await stopExample();
  await lossy.close();
  rmSync(folder, { recursive: true });
});

const stateFile = () => path.join(folder, 'last');

async function startExample(): Promise<void> {
  example.process = spawn(process.execPath, [EXAMPLE], {
    env: { ...process.env, ...example.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  example.process.stdout?.on('data', (chunk) => (example.printed += String(chunk)));
  example.process.stderr?.on('data', (chunk) => (example.errors += String(chunk)));
  await eventually(() => fetch(example.url));
}

async function stopExample(): Promise<void> {
  if (example.process.kill()) await once(example.process, 'exit');
}

/** Creates a webhook for the example, and starts that. */
async function addWebhook(settings: Record<string, unknown>): Promise<string> {
  const { body: webhook } = await api.post('/v1/webhooks', {
    url: lossy.url,
    eventTypes: ['lossy.event'],
    retrySchedule: [3600],
    ...settings,
  });
  const { body } = await api.post('/v1/api-keys', { name: 'receiver', webhookId: webhook.id });
  Object.assign(example.env, {
    WEBHOOK_SECRET: webhook.secret,
    FEED_URL: new URL(`/v1/webhooks/${webhook.id}/feed`, proxy.url).href,
    FEED_KEY: body.key,
  });
  await startExample();
  expect((await api.post(`/v1/webhooks/${webhook.id}/validation`)).body).toMatchObject({
    status: 'confirmed',
  });
  return webhook.id;
}

/** Publishes events. Returns their ids. */
async function publish(count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, n) => ({ type: 'lossy.event', data: { n } }));
  const { body } = await api.post('/v1/events/batch', { events });
  return body.accepted.map(({ id }: { id: string }) => id);
}

const expectPrinted = (ids: readonly string[]) =>
  eventually(() =>
    expect(example.printed).toBe(ids.map((id, index) => `${index + 1} ${id} lossy.event\n`).join('')),
  );

it.each([{ ordering: 'strict' }, { sequence: true }])(
  'a receiver that loses every tenth request gets each event once, in order: %j',
  async (settings) => {
    await addWebhook(settings);
    const ids = await publish(EVENTS);
    await lossy.waitFor(EVENTS + 1);
    // Without an order, the request that comes last may not have the last number.
    ids.push(...(await publish(1)));
    await expectPrinted(ids);
  },
);

it('a receiver reads at its start what it missed', async () => {
  const webhookId = await addWebhook({ ordering: 'strict' });
  const ids = await publish(3);
  await expectPrinted(ids);
  await stopExample();
  ids.push(...(await publish(4)));
  await eventually(async () => {
    const { body } = await api.get(`/v1/webhooks/${webhookId}/blocked-keys`);
    expect(body.data).toHaveLength(1);
  });
  await startExample();
  await expectPrinted(ids);
});

it('a receiver reads the feed until that succeeds, and responds when it has processed an event', async () => {
  await addWebhook({ ordering: 'strict' });
  lossy.handle(() => ({ status: 200 }));
  const ids = await publish(3);
  await lossy.waitFor(1 + ids.length);
  await stopExample();
  example.errors = '';

  const processed: [sequence: number, upTo: number][] = [];
  lossy.handle(async (request) => {
    const { status } = await passOn(request, example.url);
    processed.push([Number(request.headers['webhook-sequence']), Number(readFileSync(stateFile(), 'utf8'))]);
    return { status };
  });
  // Nothing listens there.
  proxy.redirect(`http://127.0.0.1:${await freePort()}`);
  await startExample();
  await eventually(() => expect(example.errors).toContain('Cannot read the feed'));
  ids.push(...(await publish(1)));
  await lossy.waitFor(1 + ids.length);
  expect(example.printed).toBe('');
  proxy.redirect(stack.apiUrl);
  await expectPrinted(ids);
  await eventually(() => expect(processed).toEqual([[4, 4]]));
});
