import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@posthorn/local';
import { apiConfig, readConfig, singleSignOnSettings } from '@posthorn/runtime/config';
import { checkSingleSignOn } from '../src/doctor/check-single-sign-on.js';

let server: Server;
let issuer: string;
let body: () => string;

beforeAll(async () => {
  server = createServer((_request, response) => response.end(body()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function check() {
  const settings = singleSignOnSettings(
    readConfig(apiConfig, {
      DATABASE_URL: 'postgresql://localhost/x',
      REDIS_URL: 'redis://localhost',
      POSTHORN_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
      POSTHORN_PUBLIC_URL: 'https://hooks.example.com',
      POSTHORN_OIDC_ISSUER: issuer,
      POSTHORN_OIDC_CLIENT_ID: 'posthorn',
      POSTHORN_OIDC_CLIENT_SECRET: 'secret',
      POSTHORN_OIDC_ROLES: '[{"group":"ops","role":"admin"}]',
    }),
  );
  if (!settings) throw new Error('not configured');
  return checkSingleSignOn(settings);
}

const description = (replace: object = {}) =>
  JSON.stringify({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    ...replace,
  });

describe('the check of the identity provider', () => {
  it('succeeds for a provider that describes itself', async () => {
    body = () => description();
    expect(await check()).toMatchObject({ level: 'ok' });
  });

  it.each([
    ['another issuer', () => description({ issuer: 'https://other.example' }), 'describes the issuer'],
    [
      'keys over http',
      () => description({ jwks_uri: 'http://keys.example/jwks' }),
      'has endpoints without https: jwks_uri',
    ],
    ['no provider', () => '{}', 'describes no OpenID Connect provider'],
    ['2 MiB', () => description({ more: 'x'.repeat(2 * 1024 * 1024) }), 'more than 1 MiB'],
    ['no JSON', () => 'not found', 'does not respond'],
  ])('fails for %s', async (_case, bodyOf, message) => {
    body = bodyOf;
    expect(await check()).toMatchObject({ level: 'error', message: expect.stringContaining(message) });
  });

  it('names the cause if there is no response', async () => {
    const listening = issuer;
    issuer = `http://127.0.0.1:${await freePort()}`;
    expect((await check()).message).toContain('ECONNREFUSED');
    issuer = listening;
  });
});
