import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { base64Secret, newEd25519KeyPair, newSigningSecret, signatureHeaders } from '@posthorn/core';
import * as fc from 'fast-check';
import { verify, WebhookVerificationError } from '../src/webhooks.js';

// Between a signature and its verification no second begins.
beforeAll(() => {
  jest.useFakeTimers();
});
afterAll(() => {
  jest.useRealTimers();
});

const SECRET = newSigningSecret();
const OTHER = newSigningSecret();
const EVENT = {
  id: 'evt_1',
  type: 'invoice.paid',
  timestamp: '2026-01-31T12:00:00.000Z',
  data: { who: 'Zoë' },
};
const BODY = JSON.stringify(EVENT);

/** Signs as the workers do. */
const signed = (secrets: string[] = [SECRET], timestamp: Date = new Date(), body: string = BODY) =>
  signatureHeaders({
    id: EVENT.id,
    timestamp,
    body,
    keys: { secrets: secrets.map(base64Secret), privateKeys: [] },
  });

describe('verify', () => {
  it('returns the event, with the headers of fetch or of Node', () => {
    const headers = signed();
    expect(verify(BODY, headers, SECRET)).toEqual(EVENT);
    expect(verify(BODY, new Headers(headers), SECRET)).toEqual(EVENT);
    const capitals = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]);
    expect(verify(BODY, { ...Object.fromEntries(capitals), 'set-cookie': ['a', 'b'] }, SECRET)).toEqual(
      EVENT,
    );
  });

  it('accepts the body as bytes', () => {
    expect(verify(Buffer.from(BODY), signed(), SECRET)).toEqual(EVENT);
    expect(verify(new TextEncoder().encode(BODY), signed(), SECRET)).toEqual(EVENT);
  });

  it('accepts either secret during a rotation', () => {
    expect(verify(BODY, signed([SECRET, OTHER]), SECRET)).toEqual(EVENT);
    expect(verify(BODY, signed([SECRET, OTHER]), OTHER)).toEqual(EVENT);
    expect(verify(BODY, signed([OTHER]), [SECRET, OTHER])).toEqual(EVENT);
    expect(verify(BODY, signed([SECRET]), [SECRET, OTHER])).toEqual(EVENT);
  });

  it('rejects the signature of another secret', () => {
    expect(() => verify(BODY, signed([OTHER]), SECRET)).toThrow(WebhookVerificationError);
    expect(() => verify(BODY, signed([newSigningSecret()]), [SECRET, OTHER])).toThrow(
      WebhookVerificationError,
    );
  });

  it('rejects unsigned requests', () => {
    for (const missing of Object.keys(signed())) {
      const headers = { ...signed(), [missing]: undefined };
      expect(() => verify(BODY, headers, SECRET)).toThrow(WebhookVerificationError);
    }
  });

  it.each([-301, 301])('rejects a timestamp %i seconds from now', (seconds) => {
    const headers = signed([SECRET], new Date(Date.now() + seconds * 1000));
    expect(() => verify(BODY, headers, SECRET)).toThrow(WebhookVerificationError);
  });

  it('rejects a body with any byte changed', () => {
    const headers = signed();
    const bytes = Buffer.from(BODY);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const forged = Buffer.from(bytes);
        forged[place] = bytes.readUInt8(place) ^ change;
        expect(() => verify(forged, headers, SECRET)).toThrow(WebhookVerificationError);
      }),
    );
  });

  it('requires the raw body', () => {
    const parsed = JSON.parse(BODY) as string;
    expect(() => verify(parsed, signed(), SECRET)).toThrow(/raw request body/);
  });

  it('requires a secret', () => {
    const unset = undefined as unknown as string;
    for (const secret of [unset, null as unknown as string, '', [], [''], [SECRET, unset]])
      expect(() => verify(BODY, signed(), secret)).toThrow(new TypeError('A signing secret is required'));
  });

  it.each(['whsec_', 'whsec_!', 'no base64!', 'phk_1'])('rejects %s as a secret', (secret) => {
    expect(() => verify(BODY, signed(), secret)).toThrow(
      'A signing secret is whsec_ and its bytes in base64',
    );
  });

  it('requires the headers', () => {
    const headers = undefined as unknown as Headers;
    expect(() => verify(BODY, headers, SECRET)).toThrow(
      new TypeError('The headers of the request are required'),
    );
  });

  it.each(['', 'a=1&b=2'])('rejects the signed body "%s", which is not JSON', (body) => {
    expect(() => verify(body, signed([SECRET], new Date(), body), SECRET)).toThrow(
      new WebhookVerificationError('The signature is valid, but the body is not JSON'),
    );
  });
});

const [pair, other] = [newEd25519KeyPair(), newEd25519KeyPair()];
const signedBy = (privateKeys: string[], timestamp = new Date()) =>
  signatureHeaders({
    id: EVENT.id,
    timestamp,
    body: BODY,
    keys: { secrets: [base64Secret(SECRET)], privateKeys },
  });

describe('verify with a public key', () => {
  it('accepts each valid key, with or without the secret', () => {
    const headers = signedBy([pair.privateKey, other.privateKey]);
    for (const key of [pair.publicKey, other.publicKey, SECRET])
      expect(verify(BODY, headers, key)).toEqual(EVENT);
    expect(verify(BODY, signedBy([pair.privateKey]), [other.publicKey, pair.publicKey])).toEqual(EVENT);
    expect(verify(Buffer.from(BODY), headers, pair.publicKey)).toEqual(EVENT);
  });

  it('rejects another key, body, id, time or signature', () => {
    const headers = signedBy([pair.privateKey]);
    const rejects = (changes: Record<string, string>, body = BODY, key = pair.publicKey) =>
      expect(() => verify(body, { ...headers, ...changes }, key)).toThrow(WebhookVerificationError);
    rejects({}, BODY, other.publicKey);
    rejects({}, `${BODY} `);
    rejects({ 'webhook-id': 'evt_2' });
    rejects({ 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) });
    rejects({ 'webhook-timestamp': 'now' });
    rejects({ 'webhook-signature': headers['webhook-signature']?.replace('v1a,', 'v1,') ?? '' });
    rejects({ 'webhook-signature': 'v1a,!' });
    rejects({ 'webhook-signature': 'v1a,AAAA' });
    rejects({ 'webhook-signature': '' });
    expect(() => verify(BODY, signedBy([]), pair.publicKey)).toThrow(WebhookVerificationError);
    for (const age of [-301_000, 301_000]) {
      const old = signedBy([pair.privateKey], new Date(Date.now() + age));
      expect(() => verify(BODY, old, pair.publicKey)).toThrow('timestamp');
    }
  });

  it('requires a public key', () => {
    for (const key of ['whpk_', 'whpk_AAAA', 'whpk_!'])
      expect(() => verify(BODY, signedBy([pair.privateKey]), key)).toThrow(TypeError);
  });
});
