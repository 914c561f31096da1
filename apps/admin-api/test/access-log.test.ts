import { expect, it, jest } from '@jest/globals';
import { MemoryBudget } from '@posthorn/core';
import { createLogger } from '@posthorn/runtime';
import { useApi } from './use-api.js';

const logger = createLogger({ service: 'api', level: 'error' });
const log = jest.spyOn(logger, 'log').mockReturnValue(logger);

/** Refuses every call with a body. */
const bodyMemory = new MemoryBudget({ totalBytes: 1, perOwnerBytes: 1, largeBytes: 1, largeShare: 1 });

const api = useApi({ logger, bodyMemory });

it('hands only lines of an enabled level to the logger', async () => {
  // The line of a request is logged before the next one on its connection is served.
  for (const path of ['/v1/webhooks', '/healthz', '/v1/webhooks']) await api.admin.get(path).catch(() => {});
  expect(log).not.toHaveBeenCalled();
  logger.level = 'info';
  for (const path of ['/v1/webhooks', '/healthz']) await api.admin.get(path).catch(() => {});
  expect(log.mock.calls).toContainEqual([expect.objectContaining({ level: 'info', route: '/v1/webhooks' })]);
});

it('logs a call that the API refuses like other calls, with its detail and without a stack', async () => {
  expect(await api.admin.post('/v1/events', { type: 'order.paid', data: {} })).toMatchObject({ status: 503 });
  await api.admin.get('/v1/webhooks').catch(() => {});
  const line = log.mock.calls.flat().find((each) => 'status' in each && each.status === 503);
  expect(line).toMatchObject({ level: 'info', detail: expect.stringContaining('is being received') });
  expect(line).not.toHaveProperty('error');
});
