// Runs the commands of README.md: published events arrive, and receivers accept only signed requests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { base64Secret, signatureHeaders } from '@posthorn/core';
import { freePort, type Stack, startStack } from '@posthorn/local';
import { Posthorn } from '@posthorn/sdk';
import { eventually, type Receiver, startLossyReceiver, startReceiver } from '@posthorn/testkit';
import { EXAMPLES, examplesUnder } from './listed-examples.js';
import { outputOf, startCommand } from './shell.js';

/** Includes compilation. */
const READY_WITHIN_MS = 300_000;

const publishers = await examplesUnder('Publish through Redis');
const receivers = await examplesUnder('Receive events');
const completeReceivers = await examplesUnder('Receive every event');

let stack: Stack;
let posthorn: Posthorn;

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, workers: 1 });
  posthorn = new Posthorn({ apiKey: stack.adminKey, baseUrl: stack.apiUrl });
}, 120_000);

afterAll(async () => {
  await stack?.stop();
}, 60_000);

it('README.md lists the examples', () => {
  expect(publishers.map(({ language }) => language)).toEqual(['Python', 'Go', 'Java', 'Rust', 'the shell']);
  expect(receivers.map(({ language }) => language)).toEqual(['Node', 'Python', 'Go', 'Java', 'Rust']);
  expect(completeReceivers.map(({ language }) => language)).toEqual(['Node', 'Python']);
});

describe('an event published through Redis arrives', () => {
  let receiver: Receiver;

  beforeAll(async () => {
    receiver = await startReceiver({
      handler: ({ json }) => ({ body: JSON.stringify({ code: json().data.code }) }),
    });
    const { id } = await posthorn.webhooks.create({ url: receiver.url, eventTypes: ['invoice.paid'] });
    await posthorn.webhooks.sendValidation(id);
  });

  afterAll(async () => {
    await receiver?.close();
  });

  for (const { language, command, missing } of publishers) {
    const test = missing === undefined ? it : it.skip;
    const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;
    test(
      `from ${language}${skipped}`,
      async () => {
        const invoice = /in_\d/.exec(command)?.[0];
        const isOurs = ({ json }: Receiver['requests'][number]) => json().data.invoice === invoice;
        const env = { REDIS_URL: stack.redisUrl, POSTHORN_QUEUE_PREFIX: stack.queuePrefix };
        await outputOf(command, { cwd: EXAMPLES, env });
        await receiver.waitFor((requests) => requests.some(isOurs), 10_000);
        expect(receiver.requests.find(isOurs)?.json()).toMatchObject({
          type: 'invoice.paid',
          data: { invoice },
        });

        // A second run with the same key publishes no second event.
        await outputOf(command, { cwd: EXAMPLES, env });
        await posthorn.events.publish({ type: 'invoice.paid', data: { after: invoice ?? '' } });
        await receiver.waitFor((requests) => requests.some(({ json }) => json().data.after === invoice));
        expect(receiver.requests.filter(isOurs)).toHaveLength(1);
      },
      READY_WITHIN_MS,
    );
  }
});

describe('a receiver', () => {
  for (const { language, command, missing } of receivers) {
    const test = missing === undefined ? it : it.skip;
    const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;
    test(`in ${language}${skipped}`, () => testReceiver(command, `receiver.${language}`), READY_WITHIN_MS);
  }
});

async function testReceiver(command: string, eventType: string): Promise<void> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}/`;
  const { id: webhookId, secret } = await posthorn.webhooks.create({ url, eventTypes: [eventType] });
  const receiver = startCommand(command, {
    cwd: EXAMPLES,
    env: { PORT: port, WEBHOOK_SECRET: secret ?? '' },
  });
  try {
    await eventually(() => fetch(url), { timeoutMs: READY_WITHIN_MS, intervalMs: 200 });

    // The receiver verifies the validation request before it returns the code.
    expect(await posthorn.webhooks.sendValidation(webhookId)).toMatchObject({ status: 'confirmed' });
    const { id } = await posthorn.events.publish({ type: eventType, data: { who: 'Zoë' } });
    await eventually(() => expect(receiver.printed()).toBe(`${id} ${eventType}\n`), { timeoutMs: 10_000 });
    await expectForgeriesRejected({ url, secret: secret ?? '', eventType });
    expect(receiver.printed()).toBe(`${id} ${eventType}\n`);
  } finally {
    await receiver.stop();
  }
}

describe('a receiver of every event, which loses every tenth request', () => {
  for (const { language, command, missing } of completeReceivers) {
    const test = missing === undefined ? it : it.skip;
    const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;
    test(`in ${language}${skipped}`, () => testCompleteReceiver(command, `all.${language}`), READY_WITHIN_MS);
  }
});

async function testCompleteReceiver(command: string, eventType: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-example-'));
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}/`;
  const lossy = await startLossyReceiver(url);
  const { id: webhookId, secret } = await posthorn.webhooks.create({
    url: lossy.url,
    eventTypes: [eventType],
    ordering: 'strict',
  });
  const receiver = startCommand(command, {
    cwd: EXAMPLES,
    env: {
      PORT: port,
      WEBHOOK_SECRET: secret ?? '',
      STATE_FILE: path.join(folder, 'last'),
      FEED_URL: `${stack.apiUrl}/v1/webhooks/${webhookId}/feed`,
      FEED_KEY: (await posthorn.apiKeys.create({ name: eventType, webhookId })).key,
    },
  });
  try {
    await eventually(() => fetch(url), { timeoutMs: READY_WITHIN_MS, intervalMs: 200 });
    expect(await posthorn.webhooks.sendValidation(webhookId)).toMatchObject({ status: 'confirmed' });
    const events = Array.from({ length: 45 }, (_, n) => ({ type: eventType, data: { n } }));
    const { accepted } = await posthorn.events.publishBatch({ events });
    const expected = accepted.map(({ id }, index) => `${index + 1} ${id} ${eventType}\n`).join('');
    await eventually(() => expect(receiver.printed()).toBe(expected), { timeoutMs: 30_000 });
  } finally {
    await receiver.stop();
    await lossy.close();
    rmSync(folder, { recursive: true });
  }
}

async function expectForgeriesRejected({
  url,
  secret,
  eventType,
}: Record<'url' | 'secret' | 'eventType', string>) {
  const body = JSON.stringify({ id: 'evt_forged', type: eventType, timestamp: '', data: {} });
  const signed = (message: { timestamp: Date; secrets: string[] }) =>
    signatureHeaders({
      id: 'evt_forged',
      body,
      timestamp: message.timestamp,
      keys: { secrets: message.secrets.map(base64Secret), privateKeys: [] },
    });
  const now = new Date();
  const anotherSecret = `whsec_${Buffer.alloc(32).toString('base64')}`;
  const forgeries = [
    { headers: {}, body },
    { headers: signed({ timestamp: now, secrets: [anotherSecret] }), body },
    { headers: signed({ timestamp: now, secrets: [secret] }), body: body.replace('{}', '{"amount":1}') },
    { headers: signed({ timestamp: new Date(now.getTime() - 600_000), secrets: [secret] }), body },
  ];
  for (const forgery of forgeries) {
    expect((await fetch(url, { method: 'POST', ...forgery })).status).toBe(400);
  }
}
