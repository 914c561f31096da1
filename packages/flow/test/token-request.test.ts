import { describe, expect, it } from '@jest/globals';
import {
  type FailureCode,
  NO_BARRIER,
  type OAuthClient,
  type Outcome,
  PROXY_FAILURE_CODES,
} from '@posthorn/core';
import { composeTokenRequest, requestToken } from '../src/tokens/token-request.js';

const CLIENT: OAuthClient = {
  type: 'oauth2',
  tokenUrl: 'https://login.example/token',
  clientId: 'client:1',
  clientSecret: 'sécret+&',
  scopes: ['hooks.write', 'hooks.read'],
  audience: 'https://receiver.example/',
  clientAuthentication: 'client_secret_basic',
};

const response = (status: number, body: unknown): Outcome => ({
  kind: 'response',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: null,
  retryAfter: null,
  durationMs: 1,
});
const failure = (code: FailureCode): Outcome => ({ kind: 'failure', code, message: 'secret', durationMs: 1 });
const request = (outcome: Outcome) =>
  requestToken(CLIENT, {
    send: async () => outcome,
    webhook: { id: 'webhook', tenantId: 'tenant' },
    ...NO_BARRIER,
  });

describe('the request for a token', () => {
  it('has the credentials in the header Authorization, encoded like a form', () => {
    const { headers, body } = composeTokenRequest(CLIENT);
    const [scheme, credentials = ''] = headers['authorization']?.split(' ') ?? [];
    expect(scheme).toBe('Basic');
    expect(Buffer.from(credentials, 'base64').toString()).toBe('client%3A1:s%C3%A9cret%2B%26');
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'hooks.write hooks.read',
      audience: 'https://receiver.example/',
    });
  });

  it('has the credentials in its body with client_secret_post, and only what is set', () => {
    const { headers, body } = composeTokenRequest({
      ...CLIENT,
      clientAuthentication: 'client_secret_post',
      scopes: [],
      audience: null,
    });
    expect(headers).not.toHaveProperty('authorization');
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client:1',
      client_secret: 'sécret+&',
    });
  });
});

describe('the response', () => {
  it.each([
    [3600, 3_540_000],
    ['3600', 3_540_000],
    [10, 9000],
    [0, 1000],
    [1e12, 86_340_000],
    [undefined, 270_000],
    [null, 270_000],
    ['soon', 270_000],
  ])('with expires_in %p is a token that is used for %d ms', async (expiresIn, usableMs) => {
    const body = { access_token: 'abc.def', token_type: 'bearer', expires_in: expiresIn };
    expect(await request(response(200, body))).toEqual({ kind: 'token', value: 'abc.def', usableMs });
  });

  it.each([
    [response(200, '<html>'), 'token_response_invalid'],
    [{ ...response(200, '{"access_token":'), durationMs: 10_000 }, 'token_endpoint_timeout'],
    [response(200, { token_type: 'Bearer' }), 'token_response_invalid'],
    [response(200, { access_token: 'a b', token_type: 'Bearer' }), 'token_response_invalid'],
    [response(200, { access_token: 'a\r\nx: y', token_type: 'Bearer' }), 'token_response_invalid'],
    [response(200, { access_token: 'abc', token_type: 'DPoP' }), 'token_response_invalid'],
    [response(302, ''), 'token_endpoint_redirected'],
    [response(401, ''), 'token_client_rejected'],
    [response(400, { error: 'invalid_client' }), 'token_client_rejected'],
    [response(400, { error: 'invalid_scope' }), 'token_request_rejected'],
    [response(400, 'Bad Request'), 'token_endpoint_failed'],
    [response(404, ''), 'token_endpoint_failed'],
    [response(503, { error: 'temporarily_unavailable' }), 'token_endpoint_failed'],
    [failure('timeout'), 'token_endpoint_timeout'],
    [failure('connection_refused'), 'token_endpoint_unreachable'],
    [failure('tls_error'), 'token_endpoint_unreachable'],
    [failure('blocked_address'), 'token_endpoint_blocked'],
    [failure('invalid_response'), 'token_response_invalid'],
    ...PROXY_FAILURE_CODES.map((code) => [failure(code), 'token_proxy_failed'] as const),
  ])('%j is the failure %s, without any of its texts', async (outcome, code) => {
    expect(await request(outcome)).toEqual({ kind: 'failure', code });
  });
});
