import { describe, expect, it } from '@jest/globals';
import { newApiKey } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import { startApi } from './start-api.js';
import { useApi } from './use-api.js';

const LIMIT = 5;

const api = useApi({
  authFailuresPerMinute: LIMIT,
  trustProxy: ['127.0.0.0/8'],
  metricsToken: 'let me see',
});

/** Calls with a key, from a client behind a trusted proxy. */
const callFrom = (address: string, key: string | undefined = newApiKey(), path = '/v1/webhooks') =>
  api.client(key).get(path, { 'x-forwarded-for': address });

const metrics = (key: string) => callFrom('192.0.2.3', key, '/metrics');

async function failUntilRefused(address: string): Promise<void> {
  for (let tries = 0; tries < LIMIT; tries += 1) expect((await callFrom(address)).status).toBe(401);
  const rejected = await callFrom(address);
  expect(rejected).toMatchObject({ status: 429, body: { code: 'too_many_requests' } });
  const seconds = Number(rejected.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
}

describe('invalid keys', () => {
  it('are limited per client without affecting other clients', async () => {
    await failUntilRefused('192.0.2.1');
    expect((await callFrom('192.0.2.2')).status).toBe(401);
    expect((await callFrom('192.0.2.1', api.adminKey)).status).toBe(200);
  });

  it('from one IPv6 network count as one client', async () => {
    await failUntilRefused('2001:db8::1');
    expect((await callFrom('2001:db8::ffff:1')).status).toBe(429);
    expect((await callFrom('2001:db8:0:1::1')).status).toBe(401);
  });

  it('are counted for /metrics, too', async () => {
    for (let tries = 0; tries < LIMIT; tries += 1) expect((await metrics('wrong')).status).toBe(401);
    expect((await metrics('wrong')).status).toBe(429);
    expect((await metrics('let me see')).status).toBe(200);
  });

  it('are not counted if the request has no key', async () => {
    for (let tries = 0; tries < LIMIT + 2; tries += 1)
      expect((await api.client().get('/v1/webhooks', { 'x-forwarded-for': '192.0.2.4' })).status).toBe(401);
  });
});

function loggedAddress(requestId: string): unknown {
  const line = api.logs.map((text) => JSON.parse(text)).find((entry) => entry.requestId === requestId);
  return line?.clientAddress;
}

describe('the address of the client', () => {
  it.each([
    ['the last one that a trusted proxy forwards', '198.51.100.7, 192.0.2.9', '192.0.2.9'],
    ['the last one that is not a trusted proxy', '192.0.2.9, 127.0.0.9', '192.0.2.9'],
    ['that of the connection if the header is invalid', 'nonsense', '127.0.0.1'],
  ])('is %s', async (name, forwarded, expected) => {
    const requestId = name.replaceAll(' ', '-');
    await api.admin.get('/v1/webhooks', { 'x-forwarded-for': forwarded, 'x-request-id': requestId });
    await eventually(() => expect(loggedAddress(requestId)).toBe(expected));
  });

  it('is that of the connection without trusted proxies', async () => {
    const alone = await startApi();
    await alone.admin.get('/v1/webhooks', { 'x-forwarded-for': '192.0.2.9', 'x-request-id': 'direct' });
    await eventually(() => expect(alone.logs.join('\n')).toContain('"clientAddress":"127.0.0.1"'));
    expect(alone.logs.join('\n')).not.toContain('192.0.2.9');
    await alone.close();
  });
});
