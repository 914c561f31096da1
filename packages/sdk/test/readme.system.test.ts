// Compiles the README's programs against the packed SDK and runs them against a real Posthorn, also in an edge runtime.
import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { EdgeVM } from '@edge-runtime/vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { base64Secret, signatureHeaders } from '@posthorn/core';
import { freePort, type Stack, startStack } from '@posthorn/local';
import { eventually, type TestServers, testServers } from '@posthorn/testkit';
import { Posthorn } from '../src/index.js';
import { type Consumer, consumerWith, readmeBlocks } from './consumer.js';

let stack: Stack;
let servers: TestServers;
let consumer: Consumer;
let posthorn: Posthorn;
let environment: Record<string, string>;

beforeAll(async () => {
  const edge = `
    export { Posthorn } from '@posthorn/sdk';
    export { default as receiver } from './edge-receiver.js';`;
  servers = await testServers();
  [stack, consumer] = await Promise.all([
    startStack({ ephemeral: true, role: 'all', servers }),
    consumerWith({ ...readmeBlocks(), 'edge.ts': edge }),
  ]);
  await consumer.compile();
  posthorn = new Posthorn({ apiKey: stack.adminKey, baseUrl: stack.apiUrl });
  environment = {
    POSTHORN_URL: stack.apiUrl,
    POSTHORN_API_KEY: stack.adminKey,
    POSTHORN_QUEUE_PREFIX: stack.queuePrefix,
    REDIS_URL: stack.redisUrl,
  };
}, 240_000);

afterAll(async () => {
  consumer?.remove();
  await stack?.stop();
  await servers?.drop();
});

/** Runs an example from the README until it exits. */
const runExample = (name: string, more: Record<string, string> = {}) =>
  consumer.run(`${name}.js`, { ...environment, ...more });

it('covers every example of the README', () => {
  expect(Object.keys(readmeBlocks()).toSorted()).toEqual([
    'create-webhook.ts',
    'edge-receiver.ts',
    'errors.ts',
    'feed.ts',
    'lists.ts',
    'publish-through-redis.ts',
    'publish.ts',
    'receiver.ts',
    'rename.ts',
  ]);
});

describe('in Node', () => {
  let receiver: ChildProcess;
  let url: string;
  let webhookId: string;
  let secret: string;
  let printed = '';

  beforeAll(async () => {
    const port = String(await freePort());
    url = `http://127.0.0.1:${port}/`;
    [webhookId = '', secret = ''] = (await runExample('create-webhook', { RECEIVER_URL: url }))
      .trim()
      .split(' ');
    receiver = consumer.start('receiver.js', { PORT: port, WEBHOOK_SECRET: secret });
    receiver.stdout?.on('data', (chunk) => (printed += String(chunk)));
    // An unsigned request.
    await eventually(async () => expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(400));
  });

  afterAll(async () => {
    if (receiver.kill()) await once(receiver, 'exit');
  });

  it('confirms the webhook through the receiver', async () => {
    expect(await posthorn.webhooks.sendValidation(webhookId)).toMatchObject({ status: 'confirmed' });
  });

  it('publishes an event once and delivers it', async () => {
    const [first, again] = [await runExample('publish'), await runExample('publish')];
    expect(first).toMatch(/^evt_\w+ 1 false\n$/);
    expect(again).toMatch(/^evt_\w+ 1 true\n$/);
    expect(again.split(' ')[0]).toBe(first.split(' ')[0]);
    const id = first.split(' ')[0];
    await eventually(() => expect(printed).toContain(`${id} 4200\n`));
    expect(printed.split(`${id}`)).toHaveLength(2);
  });

  it('reads lists', async () => {
    await eventually(async () => expect(await runExample('lists')).toBe(`${url}\n1 null\n`));
  });

  it('changes a webhook that nobody else has changed', async () => {
    await runExample('rename');
    const { description } = await posthorn.webhooks.get('ext:renamed');
    expect(description).toBe(' (EU)');
    await posthorn.webhooks.delete('ext:renamed');
  });

  it('reports invalid fields in errors', async () => {
    expect(await runExample('errors')).toMatch(
      /^422 invalid_input \[\s*\{\s*path: 'url',\s*code: 'url_invalid',\s*params: \{\},\s*message: '.+'\s*\}\s*\] [\w-]+\n$/,
    );
  });

  it('reads the feed until it is stopped', async () => {
    await posthorn.webhooks.update(webhookId, { sequence: true });
    const { id } = await posthorn.events.publish({ type: 'invoice.paid', data: { amount: 1 } });
    const { key } = await posthorn.apiKeys.create({ name: 'feed', webhookId });
    const reader = consumer.start('feed.js', {
      ...environment,
      FEED_KEY: key,
      WEBHOOK_ID: webhookId,
      WEBHOOK_SECRET: secret,
    });
    let read = '';
    reader.stdout?.on('data', (chunk) => (read += String(chunk)));
    await eventually(() => expect(read).toBe(`1 ${id}\n`));
    await eventually(async () =>
      expect(await posthorn.webhooks.feedCursor(webhookId)).toEqual({ cursor: 1, last: 1 }),
    );
    reader.kill();
    expect(await once(reader, 'exit')).toEqual([0, null]);
  });

  it('publishes through the Redis queue and the stream', async () => {
    await runExample('publish-through-redis');
    await receivesBoth();
  });

  it.each([
    ['bullmq@5.0.0', 'ioredis@5.3.2'],
    ['bullmq@5.81.5', 'ioredis@5.11.1'],
    ['bullmq@5.81.5', 'ioredis@6.0.0'],
    ['bullmq@6.7.0', 'ioredis@5.11.1'],
  ])(
    'publishes in the same way where it is installed beside %s and %s',
    async (...packages) => {
      printed = '';
      await consumer.runBeside(packages, 'publish-through-redis.js', environment);
      await receivesBoth();
    },
    240_000,
  );

  /** Waits for the events of the queue and of the stream. */
  const receivesBoth = () =>
    eventually(() => {
      expect(printed).toMatch(/^evt_\w+ 1$/m);
      expect(printed).toMatch(/^evt_\w+ 2$/m);
    });
});

describe('in an edge runtime, with web APIs only', () => {
  const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  let edge: EdgeVM;

  beforeAll(async () => {
    edge = new EdgeVM({ initialCode: await consumer.bundle('edge.js', 'sdk') });
    edge.context['settings'] = { apiKey: stack.adminKey, baseUrl: stack.apiUrl };
  });

  it('has no Node APIs', () => {
    expect(edge.evaluate('[typeof process, typeof Buffer, typeof require].join()')).toBe(
      'undefined,undefined,undefined',
    );
  });

  it('calls the API', async () => {
    const script = `(async () => {
      const posthorn = new sdk.Posthorn(settings);
      await posthorn.eventTypes.create({ name: 'edge.tested' });
      for await (const { name } of posthorn.eventTypes.list({ limit: 1 })) if (name === 'edge.tested') return name;
    })()`;
    expect(await edge.evaluate(script)).toBe('edge.tested');
  });

  it('accepts signed requests only', async () => {
    const body = JSON.stringify({
      id: 'evt_1',
      type: 'webhook.validation',
      timestamp: '',
      data: { code: 'C0DE' },
    });
    const keys = { secrets: [base64Secret(SECRET)], privateKeys: [] };
    const headers = signatureHeaders({ id: 'evt_1', timestamp: new Date(), body, keys });
    const receive = (sent: string) => {
      edge.context['sent'] = { body: sent, headers, env: { WEBHOOK_SECRET: SECRET } };
      return edge.evaluate<Promise<string>>(`(async () => {
        const request = new Request('http://edge/', { method: 'POST', body: sent.body, headers: sent.headers });
        const answer = await sdk.receiver.fetch(request, sent.env);
        return answer.status + ' ' + await answer.text();
      })()`);
    };
    expect(await receive(body)).toBe('200 {"code":"C0DE"}');
    expect(await receive(body.replace('C0DE', 'F4KE'))).toBe('400 ');
  });
});
