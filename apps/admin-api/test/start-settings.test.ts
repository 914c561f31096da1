import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { createLogger, onlyProcess, Parts, Registry } from '@posthorn/runtime';
import { apiConfig, ConfigError, readConfig } from '@posthorn/runtime/config';
import { startApi } from '../src/start-api.js';

it('rejects settings that contradict each other before it opens a database', async () => {
  const registry = new Registry();
  const config = readConfig(apiConfig, {
    // Nothing listens there.
    DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
    POSTHORN_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    POSTHORN_KEY_SIGN_IN: 'false',
  });
  const logger = createLogger({ service: 'api', level: 'error' });
  const group = onlyProcess(registry);
  const started = startApi({ config, logger, registry, group, tracing: null, parts: new Parts() });
  await expect(started).rejects.toThrow(ConfigError);
});
