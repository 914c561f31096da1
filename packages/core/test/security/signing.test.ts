import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { newSigningSecret, signatureHeaders } from '../../src/index.js';

const ID = 'evt_01';

describe('a webhook signature', () => {
  it('is verified by the Standard Webhooks library for any body', () => {
    fc.assert(
      fc.property(fc.json(), fc.string({ unit: 'grapheme' }), (json, text) => {
        const body = JSON.stringify({ json, text });
        const secret = newSigningSecret();
        const headers = signatureHeaders({ id: ID, timestamp: new Date(), body, secrets: [secret] });
        expect(new Webhook(secret).verify(body, headers)).toEqual({ json, text });
      }),
    );
  });

  it('is verified by each live secret during a rotation', () => {
    const secrets = [newSigningSecret(), newSigningSecret()];
    const headers = signatureHeaders({ id: ID, timestamp: new Date(), body: '{}', secrets });
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    for (const secret of secrets) expect(new Webhook(secret).verify('{}', headers)).toEqual({});
  });

  it('is rejected for another secret, body, id or timestamp', () => {
    const secret = newSigningSecret();
    const headers = signatureHeaders({ id: ID, timestamp: new Date(), body: '{}', secrets: [secret] });
    const later = String(Number(headers['webhook-timestamp']) + 1);
    const webhook = new Webhook(secret);
    expect(() => new Webhook(newSigningSecret()).verify('{}', headers)).toThrow('signature');
    expect(() => webhook.verify('{ }', headers)).toThrow('signature');
    expect(() => webhook.verify('{}', { ...headers, 'webhook-id': 'evt_02' })).toThrow('signature');
    expect(() => webhook.verify('{}', { ...headers, 'webhook-timestamp': later })).toThrow('signature');
  });

  it('has the time of the attempt in whole seconds as its timestamp', () => {
    const timestamp = new Date('2026-02-01T00:00:01.999Z');
    const headers = signatureHeaders({ id: ID, timestamp, body: '', secrets: [] });
    expect(headers).toMatchObject({ 'webhook-id': ID, 'webhook-timestamp': '1769904001' });
  });
});

describe('a new signing secret', () => {
  it('is unique and has the prefix whsec_ and 32 bytes in base64', () => {
    const first = newSigningSecret();
    expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(newSigningSecret()).not.toBe(first);
  });
});
