import { beforeEach, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, PosthornError } from '@posthorn/core';
import { type PublishResult, type IncomingEvent, observeAcceptor } from '@posthorn/fanout';
import type { ApiParts } from '../src/create-api.js';
import { monitorWrites } from '../src/events/monitor-writes.js';
import { WriteMonitor } from '../src/monitoring/write-monitor.js';

const MINUTE_MS = 60_000;
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
const DUPLICATE: PublishResult = { ...ACCEPTED, status: 'duplicate' };

let nowMs: number;
let probes: { resolve: () => void; reject: (error: unknown) => void }[];
let monitor: WriteMonitor;
let publish: () => Promise<PublishResult>;
let acceptor: ApiParts['acceptor'];

beforeEach(async () => {
  nowMs = 0;
  probes = [];
  monitor = new WriteMonitor({
    probe: () => new Promise((resolve, reject) => probes.push({ resolve, reject })),
    nowMs: () => nowMs,
  });
  publish = () => Promise.resolve(ACCEPTED);
  const stored = { acceptAll: async () => [await publish()], assertShortWait() {} };
  acceptor = observeAcceptor(stored, [monitorWrites(monitor)]);
  await acceptor.accept(EVENT);
});

const fail = (error: PosthornError): Promise<unknown> => {
  publish = async () => {
    throw error;
  };
  return acceptor.accept(EVENT).catch(() => {});
};
const unavailable = () => new PosthornError('unavailable', { cause: new Error('could not extend file') });

it('does not probe PostgreSQL for a minute after an event was stored', async () => {
  nowMs = MINUTE_MS - 1;
  await monitor.check();
  await acceptor.acceptAll([EVENT]);
  nowMs += MINUTE_MS - 1;
  await monitor.check();
  expect(probes).toHaveLength(0);
  nowMs += 1;
  const check = monitor.check();
  expect(probes).toHaveLength(1);
  probes[0]?.resolve();
  await check;
});

it('a duplicate does not show that events are stored', async () => {
  nowMs = MINUTE_MS;
  publish = () => Promise.resolve(DUPLICATE);
  await acceptor.accept(EVENT);
  void monitor.check();
  expect(probes).toHaveLength(1);
});

it('probes PostgreSQL after an event could not be stored until a probe succeeds, one probe at a time', async () => {
  await fail(unavailable());
  const checks = [monitor.check(), monitor.check()];
  expect(probes).toHaveLength(1);
  probes[0]?.reject(new Error('no space'));
  expect((await Promise.allSettled(checks)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const check = monitor.check();
  expect(probes).toHaveLength(2);
  probes[1]?.resolve();
  await check;
  await monitor.check();
  expect(probes).toHaveLength(2);
});

it('refuses events without storing them after a statement hung, until a probe succeeds', async () => {
  await fail(new PosthornError('unavailable', { cause: new Error('Query read timeout') }));
  const stored: IncomingEvent[] = [];
  publish = async () => {
    stored.push(EVENT);
    return ACCEPTED;
  };
  const refused = Promise.allSettled([acceptor.accept(EVENT), acceptor.acceptAll([EVENT])]);
  probes[0]?.reject(new Error('Query read timeout'));
  for (const result of await refused)
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  expect(stored).toHaveLength(0);

  const accepted = acceptor.accept(EVENT);
  expect(probes).toHaveLength(2);
  probes[1]?.resolve();
  expect(await accepted).toBe(ACCEPTED);
  await acceptor.accept(EVENT);
  expect(probes).toHaveLength(2);
});

it('stores events after another failure without a probe', async () => {
  await fail(unavailable());
  publish = () => Promise.resolve(ACCEPTED);
  expect(await acceptor.accept(EVENT)).toBe(ACCEPTED);
  expect(probes).toHaveLength(0);
});

it('an event that the API itself refuses shows nothing', async () => {
  await fail(new PosthornError('unavailable'));
  await fail(new PosthornError('not_found'));
  await monitor.check();
  expect(probes).toHaveLength(0);
});
