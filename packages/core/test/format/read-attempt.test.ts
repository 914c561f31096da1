import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  compileFormat,
  type DeliveryFormat,
  newEd25519KeyPair,
  readAttempt,
  signatureHeaderNames,
} from '../../src/index.js';

const TIME = new Date('2026-11-27T09:30:00Z');
const ENVELOPE = '{"id":"evt_1","type":"a.b","timestamp":"2026-01-01T00:00:00.000Z","data":{}}';
const KEYS = {
  secrets: [{ text: 'a secret of the webhook', encoding: 'text' as const }],
  privateKeys: [newEd25519KeyPair().privateKey],
};

function headersOf(format: DeliveryFormat): Record<string, string> {
  const message = compileFormat(format).format({
    envelope: ENVELOPE,
    attributes: null,
    url: '',
    tenantId: 'ten_1',
    timestamp: TIME,
    keys: KEYS,
  });
  if (!message) throw new Error('the body is too long');
  return { ...message.fixedHeaders, ...message.headers };
}

const custom = (value: string): DeliveryFormat => ({
  signatures: [
    {
      custom: { algorithm: 'hmac-sha256', encoding: 'hex', content: '{body}', header: 'X-Signature', value },
    },
  ],
});

describe('the attempt in the headers of a request', () => {
  it.each<[string, DeliveryFormat, object]>([
    ['the standard format', {}, { id: 'evt_1', timestamp: TIME }],
    ['Svix', { signatures: ['svix'] }, { id: 'evt_1', timestamp: TIME }],
    ['Stripe', { signatures: ['stripe'] }, { timestamp: TIME }],
    ['GitHub', { signatures: ['github'] }, {}],
    ['Slack', { signatures: ['slack'] }, { timestamp: TIME }],
    ['Convoy', { signatures: ['convoy-advanced'] }, { timestamp: TIME }],
    ['Outpost, whose id is that of the publisher', { signatures: ['outpost'] }, { timestamp: TIME }],
    ['a custom signature', custom('id={id};s={signature};t={timestamp}'), { id: 'evt_1', timestamp: TIME }],
    [
      'fixed headers',
      {
        signatures: ['github'],
        headers: { fixed: { 'X-Key': '{idempotencyKey}', 'X-Ref': 'e={id};t={timestamp}' } },
      },
      { id: 'evt_1', timestamp: TIME },
    ],
    ['adjacent placeholders', custom('{id}{timestamp}.{signature}'), {}],
    [
      'named headers',
      { signatures: ['github'], headers: { id: 'X-Id', timestamp: 'X-Time', timestampFormat: 'rfc3339' } },
      { id: 'evt_1', timestamp: TIME },
    ],
    [
      'milliseconds',
      { signatures: ['github'], headers: { timestamp: 'X-Time', timestampFormat: 'unix-ms' } },
      { timestamp: TIME },
    ],
  ])('is found for %s', (_case, format, attempt) => {
    expect(readAttempt(format, headersOf(format))).toEqual(attempt);
  });

  it('is not found in other headers', () => {
    expect(readAttempt({}, {})).toEqual({});
    expect(readAttempt({ signatures: ['stripe'] }, { 'stripe-signature': 't=soon,v1=' })).toEqual({});
    expect(readAttempt({ signatures: ['stripe'] }, { 'stripe-signature': 'v1=00' })).toEqual({});
  });

  it('is read without an error from any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, header) => {
        readAttempt(custom(`${value}{id}.{signature}`), { 'x-signature': header });
      }),
    );
  });

  it('is beside the signatures', () => {
    expect(signatureHeaderNames({ signatures: ['github', 'svix'] })).toEqual([
      'x-hub-signature-256',
      'svix-signature',
    ]);
    expect(signatureHeaderNames({})).toEqual(['webhook-signature']);
  });
});
