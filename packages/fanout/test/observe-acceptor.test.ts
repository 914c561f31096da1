import { expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { type AcceptHook, type PublishResult, type IncomingEvent, observeAcceptor } from '../src/index.js';

const EVENT: IncomingEvent = {
  tenantId: DEFAULT_TENANT_ID,
  type: 'a.b',
  data: {},
  dataText: null,
  occurredAt: null,
  idempotencyKey: null,
  pushed: null,
};
const ACCEPTED: PublishResult = { status: 'accepted', id: 'id', deliveries: 0 };

/** Returns an acceptor with two hooks that log what they are called with. */
function observed(outcome: () => Promise<PublishResult>, first: AcceptHook = {}) {
  const log: string[] = [];
  const logging = (name: string): AcceptHook => ({
    before: async (events) => void log.push(`${name} before ${events.length}`),
    after: (_events, results) => void log.push(`${name} after ${results.map(({ status }) => status).join()}`),
    failed: (error) => void log.push(`${name} failed ${String(error)}`),
  });
  const acceptor = {
    async acceptAll(events: readonly IncomingEvent[]) {
      log.push('accept');
      return Promise.all(events.map(outcome));
    },
    assertShortWait() {},
  };
  return { log, acceptor: observeAcceptor(acceptor, [{ ...logging('first'), ...first }, logging('second')]) };
}

/** Returns what a call logs that is not refused. */
const around = (count: number, statuses: string) => [
  `first before ${count}`,
  `second before ${count}`,
  'accept',
  `first after ${statuses}`,
  `second after ${statuses}`,
];

it('runs its hooks in their order around each call', async () => {
  const { log, acceptor } = observed(async () => ACCEPTED);
  expect(await acceptor.accept(EVENT)).toBe(ACCEPTED);
  expect(await acceptor.acceptAll([EVENT, EVENT])).toEqual([ACCEPTED, ACCEPTED]);
  expect(log).toEqual([...around(1, 'accepted'), ...around(2, 'accepted,accepted')]);
});

it('stores nothing that a hook refuses', async () => {
  const { log, acceptor } = observed(async () => ACCEPTED, {
    before: () => Promise.reject(new Error('refused')),
  });
  await expect(acceptor.accept(EVENT)).rejects.toThrow('refused');
  expect(log).toEqual([]);
});

it('tells each hook of a failure, which the caller gets', async () => {
  const { log, acceptor } = observed(() => Promise.reject(new Error('full')));
  await expect(acceptor.acceptAll([EVENT])).rejects.toThrow('full');
  expect(log.slice(3)).toEqual(['first failed Error: full', 'second failed Error: full']);
});
