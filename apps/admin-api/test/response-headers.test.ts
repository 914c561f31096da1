import { expect, it } from '@jest/globals';
import { useApi } from './use-api.js';

const api = useApi();

it.each([
  { name: 'a response', path: '/v1/webhooks', status: 200 },
  { name: 'an error', path: '/v1/webhooks/wh_unknown', status: 404 },
  { name: 'an unknown path', path: '/v1/unknown', status: 404 },
  { name: 'an operational route', path: '/healthz', status: 200 },
])('$name has each security header and its request id once', async ({ path, status }) => {
  const authorization = `Bearer ${api.adminKey}`;
  const response = await fetch(api.url + path, { headers: { authorization, 'x-request-id': 'mine' } });
  expect(response.status).toBe(status);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'x-request-id': 'mine',
    'cache-control': 'no-store',
  });
});
