// The data of an event reaches the receiver as its publisher wrote it, by every ingress.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { verify as verifyGitHub } from '@octokit/webhooks-methods';
import { type Stack, startStack } from '@posthorn/local';
import { verify } from '@posthorn/sdk/webhooks';
import {
  type ApiClient,
  patientClient,
  createActiveWebhook,
  eventually,
  fuzzRuns,
  type Receiver,
  startReceiver,
  type TestServers,
  testServers,
} from '@posthorn/testkit';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { Stripe } from 'stripe';

let servers: TestServers;
let stack: Stack;
let redis: Redis;
let api: ApiClient;
let receiver: Receiver;
let secret: string;

beforeAll(async () => {
  servers = await testServers();
  stack = await startStack({ ephemeral: true, servers, role: 'all' });
  redis = new Redis(stack.redisUrl);
  api = patientClient(stack.apiUrl, stack.adminKey);
  receiver = await startReceiver();
  ({ secret } = await createActiveWebhook(api, receiver));
}, 120_000);

afterAll(async () => {
  redis?.disconnect();
  await receiver?.close();
  await stack?.stop();
  await servers?.drop();
});

const gap = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 2 });
const scalar = fc.oneof(
  fc.constantFrom('1e400', '-1E+400', '9007199254740993', '1.10', '-0', '0.1000000000000000055', 'null'),
  fc.constantFrom('"\\u00e9\\/\\ud800"', '"]}\\"\\\\"', '"\\u0000"', '"é€😀\u2028"'),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  fc.json(),
);
const name = fc.oneof(
  fc.constantFrom('"a"', '"data"', '"d\\u0061ta"', '"__proto__"', '"1"', '""'),
  gap.map((text) => JSON.stringify(text)),
);
/** The text of an object in any spelling, with duplicate names. */
const dataText = fc
  .tuple(gap, fc.array(fc.tuple(name, scalar), { maxLength: 6 }))
  .map(
    ([space, members]) =>
      `{${space}${members.map((one) => one.join(`${space}:${space}`)).join(`${space},`)}${space}}`,
  );

interface Written {
  type: string;
  /** The text of its data. */
  text: string;
}

const eventText = ({ type, text }: Written) => ` {"data": ${text} ,"type":"${type}"}\n`;

/** Publishes events of these types by each ingress. */
const INGRESSES: Record<string, (events: Written[]) => Promise<unknown>> = {
  post: (events) => Promise.all(events.map((event) => api.post('/v1/events', eventText(event)))),
  batch: (events) => api.post('/v1/events/batch', `{"events": [${events.map(eventText).join(',')}] }`),
  async queue(events) {
    const queue = `${stack.queuePrefix}:events`;
    const multi = redis.multi();
    for (const { type, text } of events) {
      const fields = {
        name: type,
        data: ` {"data" : ${text}} `,
        opts: '{}',
        timestamp: Date.now(),
        delay: 0,
        priority: 0,
      };
      multi.hset(`${queue}:raw-${type}`, fields).lpush(`${queue}:wait`, `raw-${type}`);
    }
    await multi.zadd(`${queue}:marker`, 0, '0').exec();
  },
  async stream(events) {
    for (const { type, text } of events)
      await redis.xadd(`${stack.queuePrefix}:intake`, '*', 'type', type, 'data', ` ${text}\n`);
  },
};

let run = 0;

it('reaches the receiver unchanged and signed, by every ingress', async () => {
  const texts = fc.array(dataText, { minLength: 10, maxLength: 20, size: 'max' });
  await fc.assert(
    fc.asyncProperty(texts, async (all) => {
      run += 1;
      receiver.requests.length = 0;
      const written = Object.keys(INGRESSES).flatMap((ingress) =>
        all.map((text, index) => ({ ingress, type: `r${run}.${ingress}.n${index}`, text })),
      );
      for (const [ingress, publish] of Object.entries(INGRESSES))
        await publish(written.filter((event) => event.ingress === ingress));
      await receiver.waitFor(written.length);

      receiver.verify(secret);
      const textOf = new Map(written.map(({ type, text }) => [type, text]));
      for (const { body, headers } of receiver.requests) {
        const { type, timestamp } = JSON.parse(body);
        const id = headers['webhook-id'];
        expect(body).toBe(
          `{"id":"${id}","type":"${type}","timestamp":"${timestamp}","data":${textOf.get(type)}}`,
        );
        textOf.delete(type);
      }
      expect([...textOf]).toEqual([]);
    }),
    { numRuns: fuzzRuns(3) },
  );
});

it('reaches receivers in a delivery format, which automatic retries keep', async () => {
  const formatted = await startReceiver();
  try {
    const text = '{ "amount": 1.50, "id": "\\u0069n_1" }';
    const settings = {
      eventTypes: ['formats.sent'],
      retrySchedule: [3],
      deliveryFormat: { body: 'data', signatures: ['standard-webhooks', 'stripe', 'github'] },
    };
    const webhook = await createActiveWebhook(api, formatted, settings);
    const { body: key } = await api.post(`/v1/webhooks/${webhook.id}/signing-keys`);
    formatted.requests.length = 0;
    formatted.handle(() => ({ status: formatted.requests.length === 1 ? 500 : 200 }));
    await api.post('/v1/events', eventText({ type: 'formats.sent', text }));
    await formatted.waitFor(1);
    await api.patch(`/v1/webhooks/${webhook.id}`, {
      deliveryFormat: { body: 'cloudevents', signatures: ['svix'] },
    });
    await formatted.waitFor(2);

    for (const { body, headers } of formatted.requests) {
      expect(body).toBe(text);
      for (const secretOrKey of [webhook.secret, key.publicKey])
        expect(verify(body, headers, secretOrKey)).toEqual({ amount: 1.5, id: 'in_1' });
      const stripe = new Stripe('sk_test_unused').webhooks;
      expect(stripe.constructEvent(body, headers['stripe-signature'] ?? '', webhook.secret).id).toBe('in_1');
      expect(await verifyGitHub(webhook.secret, body, headers['x-hub-signature-256'] ?? '')).toBe(true);
    }

    const delivery = await eventually(async () => {
      const { body } = await api.get(`/v1/deliveries?webhookId=${webhook.id}`);
      expect(body.data).toMatchObject([{ status: 'succeeded' }]);
      return body.data[0];
    });
    await api.post(`/v1/deliveries/${delivery.id}/retry`);
    await formatted.waitFor(3);
    const retried = formatted.requests.at(-1);
    expect(retried?.body).toContain(`"specversion":"1.0"`);
    expect(retried?.body).toContain(`"data":${text}}`);
    expect(retried?.headers).toHaveProperty('svix-signature');
    expect(retried?.headers).not.toHaveProperty('stripe-signature');
  } finally {
    await formatted.close();
  }
});
