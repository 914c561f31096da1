import { expect, it } from '@jest/globals';
import type { Moment } from '@posthorn/core';
import { JobCarrier, type JustStored } from '../src/job-carrier.js';

const REDIS_MS = 1_800_000_000_000;
const WALL_MS = 1_900_000_000_000;

const at = (ms: number): Moment => ({ monotonicMs: ms, wallMs: WALL_MS + ms });

const delivery = (readAt: Moment): JustStored => ({
  eventId: 'event',
  webhookId: 'webhook',
  webhookVersion: '700',
  epoch: 0,
  nextAttemptAt: new Date(0),
  eventType: 'invoice.paid',
  body: '{}',
  traceContext: null,
  attributes: null,
  readAt,
});

/** A carrier that got a reply at time 0, which Redis sent `replyMs` before. */
function carrierWith({ replyMs = 0, waiting = 0 } = {}) {
  const state = { clockMs: 0, wallOffsetMs: 0 };
  const now = () => ({ monotonicMs: state.clockMs, wallMs: WALL_MS + state.clockMs + state.wallOffsetMs });
  const carrier = new JobCarrier(now);
  const learn = () => carrier.learn({ redisMs: REDIS_MS + state.clockMs - replyMs, waiting }, 'server');
  learn();
  return { state, carrier, learn };
}

it('dates a delivery by the clock of Redis, never later, however long the reply took', () => {
  const { state, carrier } = carrierWith({ replyMs: 40 });
  state.clockMs = 50;
  expect(carrier.dataFor(delivery(at(45)))).toMatchObject({ readAtMs: REDIS_MS + 5, redisRunId: 'server' });
  expect(carrier.dataFor(delivery(at(-10)))).toMatchObject({ readAtMs: REDIS_MS - 50 });
});

it('carries nothing before the first reply, or if the last one is a second old', () => {
  const { state, carrier } = carrierWith();
  expect(new JobCarrier(() => at(0)).dataFor(delivery(at(0)))).toBeNull();
  state.clockMs = 999;
  expect(carrier.dataFor(delivery(at(999)))).not.toBeNull();
  state.clockMs = 1000;
  expect(carrier.dataFor(delivery(at(1000)))).toBeNull();
});

it.each([
  ['its statement was sent 100 ms ago', { clockMs: 100, wallOffsetMs: 0 }],
  ['the virtual machine was paused since', { clockMs: 10, wallOffsetMs: 100 }],
  ['the wall clock was set back since', { clockMs: 10, wallOffsetMs: -20 }],
])('does not carry a delivery if %s, although the last reply is new', (_case, changes) => {
  const { state, carrier, learn } = carrierWith();
  state.clockMs = 10;
  learn();
  expect(carrier.dataFor(delivery(at(0)))).not.toBeNull();
  Object.assign(state, changes);
  learn();
  expect(carrier.dataFor(delivery(at(0)))).toBeNull();
});

it.each([0, 60, 100])('carries as many deliveries as make the %i waiting jobs 100', (waiting) => {
  const { carrier } = carrierWith({ waiting });
  const carried = Array.from({ length: 200 }, () => carrier.dataFor(delivery(at(0)))).filter(Boolean);
  expect(carried).toHaveLength(100 - waiting);
});
