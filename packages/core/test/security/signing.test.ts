import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import {
  base64Secret,
  decodedKey,
  newSigningSecret,
  ownSigningSecret,
  type SigningSecret,
  signatureHeaders,
  standardSecret,
  type FieldProblem,
} from '../../src/index.js';

const ID = 'evt_01';

const textSecret = (secret: string): SigningSecret => ({ text: secret, encoding: 'text' });

const keysOf = (...secrets: string[]) => ({ secrets: secrets.map(base64Secret), privateKeys: [] });

const bytesOf = (secret: SigningSecret | { problem: FieldProblem }) =>
  'problem' in secret ? secret : decodedKey(secret);

/** Returns what is wrong with a secret, undefined if it is accepted. */
function problemOf(...secret: Parameters<typeof ownSigningSecret>): string | undefined {
  const result = ownSigningSecret(...secret);
  return 'problem' in result ? result.problem.message : undefined;
}

describe('a webhook signature', () => {
  it('is verified by the Standard Webhooks library for any body', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ unit: 'grapheme' }), (json, text) => {
        const body = JSON.stringify({ json, text });
        const secret = newSigningSecret();
        const headers = signatureHeaders({ id: ID, timestamp: new Date(), body, keys: keysOf(secret) });
        expect(new Webhook(secret).verify(body, headers)).toEqual({ json, text });
      }),
    );
  });

  it('is verified by each live secret during a rotation', () => {
    const secrets = [newSigningSecret(), newSigningSecret()];
    const headers = signatureHeaders({ id: ID, timestamp: new Date(), body: '{}', keys: keysOf(...secrets) });
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    for (const secret of secrets) expect(new Webhook(secret).verify('{}', headers)).toEqual({});
  });

  it('is rejected for another secret, body, id or timestamp', () => {
    const secret = newSigningSecret();
    const headers = signatureHeaders({ id: ID, timestamp: new Date(), body: '{}', keys: keysOf(secret) });
    const later = String(Number(headers['webhook-timestamp']) + 1);
    const webhook = new Webhook(secret);
    expect(() => new Webhook(newSigningSecret()).verify('{}', headers)).toThrow('signature');
    expect(() => webhook.verify('{ }', headers)).toThrow('signature');
    expect(() => webhook.verify('{}', { ...headers, 'webhook-id': 'evt_02' })).toThrow('signature');
    expect(() => webhook.verify('{}', { ...headers, 'webhook-timestamp': later })).toThrow('signature');
  });

  it('has the time of the attempt in whole seconds as its timestamp', () => {
    const timestamp = new Date('2026-02-01T00:00:01.999Z');
    const headers = signatureHeaders({ id: ID, timestamp, body: '', keys: keysOf() });
    expect(headers).toMatchObject({ 'webhook-id': ID, 'webhook-timestamp': '1769904001' });
  });
});

describe('a signing secret of its owner', () => {
  it('keeps the bytes of its key, in each encoding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 128 }), (array) => {
        fc.pre(new Set(array).size > 3);
        const bytes = Buffer.from(array);
        const base64 = bytes.toString('base64');
        const unpadded = base64.replace(/=+$/, '');
        expect(bytesOf(ownSigningSecret(`whsec_${base64}`))).toEqual(bytes);
        expect(bytesOf(ownSigningSecret(`whsec_${unpadded}`))).toEqual(bytes);
        expect(bytesOf(ownSigningSecret(base64, 'base64'))).toEqual(bytes);
        expect(bytesOf(ownSigningSecret(unpadded, 'base64'))).toEqual(bytes);
        const hex = bytes.subarray(0, 64).toString('hex');
        expect(bytesOf(ownSigningSecret(hex))).toEqual(Buffer.from(hex));
      }),
    );
  });

  it.each([
    ['base64 with padding', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==', 'base64'],
    ['base64 with a plus', 'MfKQ9r8GKYqrTwj+PD8ILPZIo2LaLaSw', 'base64'],
    ['letters and digits, which can be both', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'utf8'],
    ['hexadecimal digits', '0123456789abcdef0123456789abcdef', 'utf8'],
    ['text with a space', 'a secret of my own', 'utf8'],
    ['text with an equals sign inside', 'key=of-my-own-service', 'utf8'],
    ['text with letters beyond ASCII', 'schlüssel-für-später', 'utf8'],
  ] as const)('recognizes %s', (_case, secret, encoding) => {
    expect(bytesOf(ownSigningSecret(secret))).toEqual(Buffer.from(secret, encoding));
  });

  it('has 16 to 128 bytes', () => {
    const long = 'a secret of my own'.repeat(8);
    expect(problemOf(long.slice(0, 15))).toMatch(/decode to 16 to 128 bytes/);
    expect(problemOf(long.slice(0, 16))).toBeUndefined();
    expect(problemOf(long.slice(0, 128))).toBeUndefined();
    expect(problemOf(long.slice(0, 129))).toMatch(/decode to 16 to 128 bytes/);
    expect(problemOf('é'.repeat(65))).toMatch(/decode to 16 to 128 bytes/);
    expect(problemOf(`whsec_${Buffer.alloc(15).toString('base64')}`)).toMatch(/decode to 16 to 128 bytes/);
    expect(problemOf('not base64, although it should be', 'base64')).toMatch(/must be whsec_/);
  });

  it.each(['whsec_!!!', 'whsec_not base64 at all', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS'])(
    'is not text if it begins as base64: %s',
    (secret) => {
      expect(problemOf(secret)).toBe('must be base64 after whsec_, unless secretEncoding is text');
      if (secret.length >= 16) expect(bytesOf(ownSigningSecret(secret, 'text'))).toEqual(Buffer.from(secret));
    },
  );

  it.each([
    ['spaces', ' '.repeat(20)],
    ['zeros', `whsec_${Buffer.alloc(32).toString('base64')}`],
    ['zeros in base64', Buffer.alloc(32).toString('base64')],
    ['one letter', 'x'.repeat(32)],
    ['three digits', '123'.repeat(10)],
  ])('is refused if it consists of %s', (_case, secret) => {
    expect(problemOf(secret)).toBe('must be random: it has fewer than 4 different bytes');
  });

  it('still signs if it was stored when such secrets were accepted', () => {
    for (const secret of [
      base64Secret(`whsec_${Buffer.alloc(32).toString('base64')}`),
      textSecret(' '.repeat(20)),
    ]) {
      const keys = { secrets: [secret], privateKeys: [] };
      const headers = signatureHeaders({ id: ID, timestamp: new Date(), body: '{}', keys });
      expect(new Webhook(standardSecret(secret)).verify('{}', headers)).toEqual({});
    }
  });

  it('is text with its prefix if that is said', () => {
    const secret = newSigningSecret();
    expect(bytesOf(ownSigningSecret(secret, 'text'))).toEqual(Buffer.from(secret));
  });

  it('keeps its text', () => {
    expect(ownSigningSecret('a secret of my own')).toEqual({ text: 'a secret of my own', encoding: 'text' });
    const base64 = 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==';
    expect(ownSigningSecret(base64)).toEqual({ text: base64, encoding: 'base64' });
  });

  it('has a form that the libraries of Standard Webhooks take', () => {
    const secret = ownSigningSecret('a secret of my own') as SigningSecret;
    const keys = { secrets: [secret], privateKeys: [] };
    const headers = signatureHeaders({ id: ID, timestamp: new Date(), body: '{}', keys });
    expect(new Webhook(standardSecret(secret)).verify('{}', headers)).toEqual({});
  });
});

describe('a new signing secret', () => {
  it('is unique and has the prefix whsec_ and 32 bytes in base64', () => {
    const first = newSigningSecret();
    expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(newSigningSecret()).not.toBe(first);
  });
});
