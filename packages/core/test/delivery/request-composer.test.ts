import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import {
  base64Secret,
  compileFormat,
  createSealer,
  DEFAULT_SWITCHES,
  encodeId,
  newId,
  newSigningSecret,
  sealCustomHeaders,
  sealFirstSecret,
  RequestComposer,
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
  traceparent: null,
  url: 'https://receiver.example/',
  timestamp: NOW,
  format: null,
  authHeaders: {},
};

const headersOf = (request: RequestToCompose, switches = DEFAULT_SWITCHES) =>
  new RequestComposer(sealer, switches).compose(request)?.headers ?? {};

describe('a request in the standard format', () => {
  it('signs the body with the secret of the webhook', () => {
    const headers = headersOf({ ...message, withCustomHeaders: true });
    expect(headers['webhook-id']).toBe(encodeId('event', message.eventId));
    expect(new Webhook(secret).verify(message.envelope, headers)).toEqual({ a: 1 });
  });

  it('contains the custom headers only if they are requested', () => {
    const withHeaders = headersOf({ ...message, withCustomHeaders: true });
    expect(withHeaders).toMatchObject({ authorization: 'Bearer x', 'content-type': 'application/json' });
    const withoutHeaders = headersOf({ ...message, withCustomHeaders: false });
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
      const headers = headersOf({ ...request, format: each, authHeaders: { 'x-key': 'auth' } });
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
      const headers = headersOf({ ...plain, ...custom, format, sequence: 42 });
      expect(headers['webhook-sequence']).toBe('42');
      const without = headersOf({ ...plain, format });
      expect(without).not.toHaveProperty('webhook-sequence');
      expect(headers).toMatchObject(without);
    }
  });

  it('contains its span in place of a custom header, unless that is switched off', () => {
    const headersSealed = sealCustomHeaders(webhookId, { traceparent: 'custom' }, sealer);
    const request = { ...message, webhook: { ...webhook, headersSealed }, withCustomHeaders: true };
    const traced = { ...request, traceparent: '00-1-2-01' };
    expect(headersOf(traced)).toMatchObject({ traceparent: '00-1-2-01' });
    expect(headersOf(traced, { ...DEFAULT_SWITCHES, sendTraceparent: false })).toMatchObject({
      traceparent: 'custom',
    });
    expect(headersOf(request)).toMatchObject({ traceparent: 'custom' });
  });

  it('has one signature for each live secret, and none for an expired one', () => {
    const expired = {
      id: newId(),
      sealed: webhook.secrets[0]?.sealed ?? '',
      expiresAt: '2020-01-01T00:00:00Z',
    };
    const headers = headersOf({
      ...message,
      webhook: { ...webhook, secrets: [...webhook.secrets, ...webhook.secrets, expired] },
      withCustomHeaders: false,
    });
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });
});
