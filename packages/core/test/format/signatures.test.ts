import { createHmac, createPublicKey, verify as verifyEd25519 } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { verify as verifyGitHub } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import {
  base64Secret,
  compileFormat,
  type CustomSignature,
  type DeliveryFormat,
  formatProblems,
  newEd25519KeyPair,
  newSigningSecret,
  ownSigningSecret,
  shownSecret,
  type SigningSecret,
} from '../../src/index.js';
import { ownEd25519KeyPair } from '../../src/keys/index.js';

const ENVELOPE =
  '{"id":"evt_01","type":"invoice.paid","timestamp":"2026-01-31T12:00:00.000Z","data":{"ü":1e2}}';
const NEW = newSigningSecret();
const OLD = newSigningSecret();
const TEXT = ownSigningSecret('a secret of my own') as SigningSecret;
const now = new Date();
const seconds = String(Math.floor(now.getTime() / 1000));

function send(
  format: DeliveryFormat,
  secrets = [NEW].map(base64Secret),
  { timestamp = now, privateKeys = [] as string[] } = {},
) {
  expect(formatProblems(format)).toEqual([]);
  const keys = { secrets, privateKeys };
  const message = compileFormat(format).format({
    envelope: ENVELOPE,
    attributes: null,
    url: 'https://receiver.example/',
    tenantId: 'ten_01',
    timestamp,
    keys,
  });
  if (!message) throw new Error('The body is too long');
  return message;
}

const header = (message: ReturnType<typeof send>, name: string): string => message.headers[name] ?? '';

const hmac = (secret: string, content: string, encoding: 'hex' | 'base64' = 'hex', hash = 'sha256'): string =>
  createHmac(hash, secret).update(content).digest(encoding);

describe('the profile standard-webhooks', () => {
  it('is verified by the official library with each valid secret', () => {
    const { headers, body } = send({ body: 'data' }, [NEW, OLD].map(base64Secret));
    for (const secret of [NEW, OLD]) expect(new Webhook(secret).verify(body, headers)).toEqual({ ü: 100 });
    expect(() => new Webhook(newSigningSecret()).verify(body, headers)).toThrow('signature');
  });

  it('is verified with the shown form of a secret that is text', () => {
    const { headers, body } = send({}, [TEXT]);
    expect(new Webhook(shownSecret(TEXT, {})).verify(body, headers)).toMatchObject({ id: 'evt_01' });
  });

  it('can have another prefix', () => {
    const format: DeliveryFormat = {
      signatures: [{ profile: 'standard-webhooks', headerPrefix: 'X-Acme-' }],
    };
    const { headers, body } = send(format);
    const renamed = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace('x-acme-', 'webhook-'), value]),
    );
    expect(headers).not.toHaveProperty('webhook-signature');
    expect(new Webhook(NEW).verify(body, renamed)).toMatchObject({ id: 'evt_01' });
  });

  it('adds a signature for each Ed25519 key, or has only these', () => {
    const pairs = [newEd25519KeyPair(), newEd25519KeyPair()];
    const privateKeys = pairs.map(({ privateKey }) => privateKey);
    const both = send({}, undefined, { privateKeys });
    expect(header(both, 'webhook-signature')).toMatch(/^v1,\S+ v1a,\S+ v1a,\S+$/);
    expect(new Webhook(NEW).verify(both.body, both.headers)).toMatchObject({ id: 'evt_01' });

    const format: DeliveryFormat = { signatures: [{ profile: 'standard-webhooks', algorithm: 'ed25519' }] };
    const only = send(format, undefined, { privateKeys });
    const signatures = header(only, 'webhook-signature').split(' ');
    expect(signatures).toHaveLength(2);
    for (const [index, signature] of signatures.entries()) {
      const [version, value = ''] = signature.split(',');
      expect(version).toBe('v1a');
      const content = `evt_01.${seconds}.${only.body}`;
      expect(isSignedBy(pairs[index]?.publicKey ?? '', content, value)).toBe(true);
      expect(isSignedBy(pairs[1 - index]?.publicKey ?? '', content, value)).toBe(false);
    }
    expect(send(format).headers).not.toHaveProperty('webhook-signature');
  });
});

/** Verifies with the key as a JSON Web Key, which is another way than the implementation's. */
function isSignedBy(publicKey: string, content: string, signature: string): boolean {
  const x = Buffer.from(publicKey.replace('whpk_', ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verifyEd25519(null, Buffer.from(content), key, Buffer.from(signature, 'base64'));
}

describe('an Ed25519 key', () => {
  // RFC 8032, section 7.1, test 1
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  const publicKey = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');

  it.each([
    ['its seed', seed],
    ['its seed and public key', Buffer.concat([seed, publicKey])],
  ])('is made of %s', (_case, bytes) => {
    expect(ownEd25519KeyPair(`whsk_${bytes.toString('base64')}`)).toEqual({
      privateKey: `whsk_${seed.toString('base64')}`,
      publicKey: `whpk_${publicKey.toString('base64')}`,
    });
  });

  it.each([
    ['another prefix', `whsec_${seed.toString('base64')}`],
    ['too few bytes', `whsk_${seed.subarray(1).toString('base64')}`],
    ['another public key', `whsk_${Buffer.concat([seed, seed]).toString('base64')}`],
    ['zeros', `whsk_${Buffer.alloc(32).toString('base64')}`],
    ['no base64', `whsk_${'é'.repeat(32)}`],
    ['nothing', 'whsk_'],
  ])('is refused with %s', (_case, text) =>
    expect(ownEd25519KeyPair(text)).toMatchObject({
      problem: { code: expect.stringMatching(/^(?:key_form|key_mismatch|weak_key)$/) },
    }),
  );
});

describe('the profile svix', () => {
  it("is verified by Svix's library", () => {
    const { headers, body } = send({ signatures: ['svix'] }, [NEW, OLD].map(base64Secret));
    for (const secret of [NEW, OLD])
      expect(new SvixWebhook(secret).verify(body, headers)).toMatchObject({ id: 'evt_01' });
    expect(() => new SvixWebhook(newSigningSecret()).verify(body, headers)).toThrow('signature');
  });
});

describe('the profile stripe', () => {
  const { webhooks } = new Stripe('sk_test_unused');

  it.each([
    ['a new secret', base64Secret(NEW)],
    ['a secret that is text', TEXT],
  ])("is verified by Stripe's library with %s", (_case, secret) => {
    const message = send({ signatures: ['stripe'] }, [base64Secret(OLD), secret]);
    const signature = header(message, 'stripe-signature');
    expect(webhooks.constructEvent(message.body, signature, secret.text)).toMatchObject({ id: 'evt_01' });
    expect(webhooks.constructEvent(message.body, signature, OLD)).toMatchObject({ id: 'evt_01' });
    expect(() => webhooks.constructEvent(message.body, signature, newSigningSecret())).toThrow('signature');
    expect(shownSecret(secret, { signatures: ['stripe'] })).toBe(secret.text);
  });
});

describe('the profile github', () => {
  it("is verified by Octokit's library with the newest secret", async () => {
    const message = send({ signatures: ['github'] }, [NEW, OLD].map(base64Secret));
    const signature = header(message, 'x-hub-signature-256');
    expect(await verifyGitHub(NEW, message.body, signature)).toBe(true);
    expect(await verifyGitHub(OLD, message.body, signature)).toBe(false);
  });
});

// The vendors have no small library for Node. The schemes are repeated here from these sources.
describe.each([
  // https://shopify.dev/docs/apps/build/webhooks/subscribe/https
  ['shopify', 'x-shopify-hmac-sha256', (secret: string, body: string) => hmac(secret, body, 'base64')],
  // https://docs.slack.dev/authentication/verifying-requests-from-slack
  [
    'slack',
    'x-slack-signature',
    (secret: string, body: string) => `v0=${hmac(secret, `v0:${seconds}:${body}`)}`,
  ],
  // https://github.com/frain-dev/convoy/blob/main/pkg/signature/signature.go
  ['convoy', 'x-convoy-signature', (secret: string, body: string) => hmac(secret, body)],
] as const)('the profile %s', (profile, name, expected) => {
  it('signs with the text of the newest secret', () => {
    const message = send({ signatures: [profile] }, [TEXT, base64Secret(OLD)]);
    expect(header(message, name)).toBe(expected(TEXT.text, message.body));
  });
});

describe('the profile slack', () => {
  it('has the time of the attempt', () => {
    expect(send({ signatures: ['slack'] }).headers).toMatchObject({ 'x-slack-request-timestamp': seconds });
  });
});

describe('the profile convoy-advanced', () => {
  it('has a time and a signature for each valid secret', () => {
    const message = send({ signatures: ['convoy-advanced'] }, [TEXT, base64Secret(OLD)]);
    const signatureOf = (secret: string) => hmac(secret, `${seconds},${message.body}`);
    expect(header(message, 'x-convoy-signature')).toBe(
      `t=${seconds},v1=${signatureOf(TEXT.text)},v1=${signatureOf(OLD)}`,
    );
  });
});

describe('the profile outpost', () => {
  it('has the headers of its default settings', () => {
    const message = send({ signatures: ['outpost'] }, [TEXT, base64Secret(OLD)], {
      timestamp: new Date('2026-01-31T12:00:00.999Z'),
    });
    expect(message.headers).toEqual({
      'content-type': 'application/json',
      'x-outpost-event-id': 'evt_01',
      'x-outpost-timestamp': '2026-01-31T12:00:00Z',
      'x-outpost-topic': 'invoice.paid',
      'x-outpost-signature': `v0=${hmac(TEXT.text, message.body)},${hmac(OLD, message.body)}`,
    });
  });
});

const custom = (content: string, changes: Partial<CustomSignature> = {}): DeliveryFormat => ({
  signatures: [
    {
      custom: {
        algorithm: 'hmac-sha256',
        encoding: 'hex',
        header: 'x-signature',
        value: '{signature}',
        content,
        ...changes,
      },
    },
  ],
});
const signed = (format: DeliveryFormat, text: string, dataText: string, timestamp = now) => {
  const envelope = `{"id":"evt_01","type":"a","timestamp":"","data":${dataText}}`;
  const keys = { secrets: [{ text, encoding: 'text' as const }], privateKeys: [] };
  const message = compileFormat({ ...format, body: 'data' }).format({
    envelope,
    attributes: null,
    url: '',
    tenantId: '',
    timestamp,
    keys,
  });
  return message?.headers ?? {};
};

describe('vectors of the vendors', () => {
  // https://github.com/hookdeck/outpost/blob/main/internal/destregistry/providers/destwebhook/signature_test.go
  it.each([
    ['hmac-sha256', '7054f74dae9f73e82b56ca73e8f81450097c698eeda0b00bb8728e89796baf2d'],
    ['hmac-sha1', 'e2f4423c54f5385099d8e3fbb01237d415ee8fdf'],
  ] as const)('of Outpost for %s', (algorithm, expected) => {
    const headers = signed(
      custom('{timestamp}.{body}', { algorithm }),
      'test-secret',
      '{"hello":"world"}',
      new Date(1_234_567_890_000),
    );
    expect(headers['x-signature']).toBe(expected);
  });

  // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
  it('of GitHub, whose payload is a text that is not JSON', () => {
    const headers = signed(custom('Hello, World!{body}'), "It's a Secret to Everybody", '');
    expect(headers['x-signature']).toBe('757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17');
  });
});
