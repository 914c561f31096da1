import { describe, expect, it } from '@jest/globals';
import { insecureEndpoints } from '../../src/access/provider-endpoints.js';

const SECURE = {
  issuer: 'https://login.example',
  token_endpoint: 'https://login.example/token',
  jwks_uri: 'https://keys.example/jwks',
  userinfo_endpoint: undefined,
  service_documentation: 'http://docs.example',
};

describe('the endpoints of a provider', () => {
  it.each([
    ['https', 'https://login.example', {}, []],
    ['keys over http', 'https://login.example', { jwks_uri: 'http://login.example/jwks' }, ['jwks_uri']],
    [
      'an endpoint of the own machine',
      'https://login.example',
      { userinfo_endpoint: 'http://127.0.0.1/me' },
      ['userinfo_endpoint'],
    ],
    ['http of the own machine', 'http://127.0.0.1:9000', { jwks_uri: 'http://localhost:9001/jwks' }, []],
    [
      'http elsewhere',
      'http://127.0.0.1:9000',
      { token_endpoint: 'http://login.example/token' },
      ['token_endpoint'],
    ],
    [
      'other values',
      'https://login.example',
      { token_endpoint: 1, jwks_uri: 'file:///keys', end_session_endpoint: '/logout' },
      ['token_endpoint', 'jwks_uri', 'end_session_endpoint'],
    ],
  ])('that are not secure: %s', (_case, issuer, metadata, names) => {
    expect(insecureEndpoints({ ...SECURE, ...metadata }, issuer)).toEqual(names);
  });
});
