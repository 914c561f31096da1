import { expect, it } from '@jest/globals';
import { readServices } from '../src/doctor/configuration.js';

const WORKER = {
  DATABASE_URL: 'postgresql://127.0.0.1/posthorn',
  REDIS_URL: 'redis://127.0.0.1',
  POSTHORN_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};

it('ignores the variables of the command line', () => {
  const env = { ...WORKER, POSTHORN_IMPORT_TOKEN: 'token', POSTHORN_URL: 'http://127.0.0.1' };
  expect(readServices(env, null)).toMatchObject({
    services: { databaseUrl: WORKER.DATABASE_URL },
    findings: [],
  });
});

it('checks a worker, whose environment has single sign-on without the secrets of the API', () => {
  const env = {
    ...WORKER,
    POSTHORN_PUBLIC_URL: 'https://hooks.example.com',
    POSTHORN_KEY_SIGN_IN: 'false',
    POSTHORN_OIDC_ISSUER: 'https://login.example.com',
    POSTHORN_OIDC_CLIENT_ID: 'posthorn',
  };
  expect(readServices(env, null)).toMatchObject({
    services: { databaseUrl: WORKER.DATABASE_URL, singleSignOn: null },
    findings: [{ level: 'unknown', message: 'POSTHORN_OIDC_CLIENT_SECRET is not set here' }],
  });
});
