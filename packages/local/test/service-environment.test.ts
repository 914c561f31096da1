import { expect, it } from '@jest/globals';
import { serviceEnvironment } from '../src/service-environment.js';

it('hides settings of the command line and of the API from the worker', () => {
  const settings = {
    databaseUrl: 'postgresql://127.0.0.1/x',
    redisUrl: 'redis://127.0.0.1',
    queuePrefix: 'posthorn',
    secrets: {
      adminKey: 'phk_a',
      encryptionKey: 'k',
      payloadKey: 'y',
      postgresPassword: 'p',
      redisPassword: 'r',
    },
    apiUrl: 'http://127.0.0.1:8080',
    apiHost: '127.0.0.1',
    apiPort: 8080,
    extra: {},
  };
  const env = {
    POSTHORN_URL: 'https://posthorn.example',
    POSTHORN_API_KEY: 'phk_b',
    POSTHORN_ADMIN_KEY: 'phk_a',
    POSTHORN_ROLE: 'all',
    POSTHORN_IMPORT_TOKEN: 'token',
    POSTHORN_HEALTH_PORT: '9090',
    POSTHORN_LOG_LEVEL: 'warn',
  };
  const worker = serviceEnvironment('worker', settings, env);
  expect(worker).toMatchObject({ POSTHORN_LOG_LEVEL: 'warn', DATABASE_URL: settings.databaseUrl });
  const { POSTHORN_LOG_LEVEL: _level, ...hidden } = env;
  for (const name of Object.keys(hidden)) expect(worker).not.toHaveProperty(name);
});
