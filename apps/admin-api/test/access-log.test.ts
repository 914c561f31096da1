import { expect, it, jest } from '@jest/globals';
import { MemoryBudget } from '@posthorn/core';
import { connect } from '@posthorn/database/connection';
import { createAcceptor } from '@posthorn/fanout';
import { createLogger } from '@posthorn/runtime';
import { eventually } from '@posthorn/testkit';
import { PUBLISH_LIMITS } from '../src/events/publish-limits.js';
import { startApi } from './start-api.js';
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

it('logs calls that fail because PostgreSQL is unavailable once per second, with their number and one stack', async () => {
  const nowhere = connect({ url: 'postgresql://127.0.0.1:1/nowhere', applicationName: 'posthorn api test' });
  const { pool, deliveries } = api.deps;
  const acceptor = createAcceptor({
    pool,
    hotPathPool: nowhere.pool,
    deliveries: { ...deliveries, fastLaneLength: () => Promise.resolve(0) },
    onEnqueueError: () => {},
    limits: PUBLISH_LIMITS,
  });
  const unavailable = await startApi({ acceptor });
  const publish = () => unavailable.admin.post('/v1/events', { type: 'order.paid', data: {} });
  // A suppressed line is empty.
  const failures = () =>
    unavailable.logs
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter(({ status }) => status === 503);
  try {
    const startedAtMs = performance.now();
    for (let n = 0; n < 100; n += 1) expect(await publish()).toMatchObject({ status: 503 });
    const seconds = (performance.now() - startedAtMs) / 1000;
    expect(failures().length).toBeLessThanOrEqual(1 + seconds);
    const line = await eventually(async () => {
      await publish();
      const last = failures().at(-1);
      expect(last).toHaveProperty('suppressed');
      return last;
    });
    expect(line).toMatchObject({ level: 'warn', detail: expect.any(String), route: '/v1/events' });
    expect(JSON.stringify(line.error).match(/ECONNREFUSED/)).not.toBeNull();
    expect(line.error).not.toHaveProperty('cause');
  } finally {
    await unavailable.close();
    await nowhere.stop();
  }
});
