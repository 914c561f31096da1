import { expect, it, jest } from '@jest/globals';
import { createLogger } from '@posthorn/runtime';
import { useApi } from './use-api.js';

const logger = createLogger({ service: 'api', level: 'error' });
const log = jest.spyOn(logger, 'log').mockReturnValue(logger);

const api = useApi({ logger });

it('hands only lines of an enabled level to the logger', async () => {
  // The line of a request is logged before the next one on its connection is served.
  for (const path of ['/v1/webhooks', '/healthz', '/v1/webhooks']) await api.admin.get(path).catch(() => {});
  expect(log).not.toHaveBeenCalled();
  logger.level = 'info';
  for (const path of ['/v1/webhooks', '/healthz']) await api.admin.get(path).catch(() => {});
  expect(log.mock.calls).toContainEqual([expect.objectContaining({ level: 'info', route: '/v1/webhooks' })]);
});
