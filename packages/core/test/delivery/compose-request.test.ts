import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  base64Secret,
  compileFormat,
  composeRequest,
  createSealer,
  encodeId,
  newId,
  newSigningSecret,
  sealCustomHeaders,
  sealFirstSecret,
  type RequestToCompose,
} from '../../src/index.js';

const sealer = createSealer(Buffer.alloc(32, 7));
const secret = newSigningSecret();
const webhookId = newId();
const webhook = {
  id: webhookId,
  tenantId: newId(),
  secrets: sealFirstSecret(webhookId, base64Secret(secret), sealer),
  headersSealed: sealCustomHeaders(webhookId, { authorization: 'Bearer x' }, sealer),
};
const NOW = new Date();

const message = {
  webhook,
  eventId: newId(),
  envelope: '{"a":1}',
  attributes: null,
  sequence: null,
  url: 'https://receiver.example/',
  timestamp: NOW,
  format: null,
  authHeaders: {},
};

const signedHeaders = (request: RequestToCompose, by: typeof sealer) =>
  composeRequest(request, by)?.headers ?? {};

describe('a request in the standard format', () => {
  it('signs the body with the secret of the webhook', () => {
    const headers = signedHeaders({ ...message, withCustomHeaders: true }, sealer);
    expect(headers['webhook-id']).toBe(encodeId('event', message.eventId));
    expect(new Webhook(secret).verify(message.envelope, headers)).toEqual({ a: 1 });
  });

  it('contains the custom headers only if they are requested', () => {
    const withHeaders = signedHeaders({ ...message, withCustomHeaders: true }, sealer);
    expect(withHeaders).toMatchObject({ authorization: 'Bearer x', 'content-type': 'application/json' });
    const withoutHeaders = signedHeaders({ ...message, withCustomHeaders: false }, sealer);
    expect(withoutHeaders).not.toHaveProperty('authorization');
    expect(withoutHeaders['content-type']).toBe('application/json');
  });

  it('contains the headers that authenticate it, whatever custom and fixed headers say', () => {
    const headersSealed = sealCustomHeaders(webhookId, { 'X-Key': 'custom' }, sealer);
    const format = compileFormat({ headers: { fixed: { 'x-key': 'fixed' } } });
    const envelope = JSON.stringify({ id: 'evt', type: 'a.b', timestamp: NOW.toISOString(), data: {} });
    const custom = { webhook: { ...webhook, headersSealed }, withCustomHeaders: true };
    const request = { ...message, ...custom, envelope };
    for (const each of [null, format]) {
      const headers = signedHeaders({ ...request, format: each, authHeaders: { 'x-key': 'auth' } }, sealer);
      expect(headers['x-key']).toBe('auth');
      expect(headers).not.toHaveProperty('X-Key');
    }
  });

  it('contains the number of the delivery beside the signature, whatever custom headers say', () => {
    const headersSealed = sealCustomHeaders(webhookId, { 'webhook-sequence': '9' }, sealer);
    const envelope = JSON.stringify({ id: 'evt', type: 'a.b', timestamp: NOW.toISOString(), data: {} });
    const plain = { ...message, envelope, timestamp: NOW, withCustomHeaders: false };
    const custom = { webhook: { ...webhook, headersSealed }, withCustomHeaders: true };
    for (const format of [null, compileFormat({}), compileFormat({ body: 'data', signatures: ['github'] })]) {
      const headers = signedHeaders({ ...plain, ...custom, format, sequence: 42 }, sealer);
      expect(headers['webhook-sequence']).toBe('42');
      const without = signedHeaders({ ...plain, format }, sealer);
      expect(without).not.toHaveProperty('webhook-sequence');
      expect(headers).toMatchObject(without);
    }
  });

  it('has one signature for each live secret, and none for an expired one', () => {
    const expired = {
      id: newId(),
      sealed: webhook.secrets[0]?.sealed ?? '',
      expiresAt: '2020-01-01T00:00:00Z',
    };
    const headers = signedHeaders(
      {
        ...message,
        webhook: { ...webhook, secrets: [...webhook.secrets, ...webhook.secrets, expired] },
        withCustomHeaders: false,
      },
      sealer,
    );
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });
});
