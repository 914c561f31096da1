import { describe, expect, it } from '@jest/globals';
import type { Outcome, SentOutcome } from '@posthorn/core';
import * as fc from 'fast-check';
import {
  type FlowSignal,
  type FlowState,
  INITIAL_FLOW_STATE,
  isSlowAt,
  nextState,
  releaseCount,
  SLOW_AFTER_MS,
  toFlowSignal,
} from '../src/congestion-window.js';

const NOW_MS = Date.parse('2026-01-31T12:00:00Z');
const LIMITS = { maxInFlight: 100, nowMs: NOW_MS };
const answered = (latencyMs = 20): FlowSignal => ({ kind: 'answered', latencyMs });
const trouble = (startedAtMs = NOW_MS, retryAfterMs: number | null = null): FlowSignal => ({
  kind: 'trouble',
  startedAtMs,
  retryAfterMs,
});
const after = (signals: FlowSignal[], pace: FlowState = INITIAL_FLOW_STATE) =>
  signals.reduce((now, signal) => nextState(now, signal, LIMITS), pace);
const times = (count: number, signal: FlowSignal) => Array.from({ length: count }, () => signal);

const anySignal: fc.Arbitrary<FlowSignal> = fc.oneof(
  fc.record({ kind: fc.constant('answered' as const), latencyMs: fc.integer({ min: 0, max: 30_000 }) }),
  fc.record({
    kind: fc.constant('trouble' as const),
    startedAtMs: fc.integer({ min: NOW_MS - 60_000, max: NOW_MS }),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 86_400_000 })),
  }),
  fc.constant<FlowSignal>({ kind: 'overdue' }),
);

describe('the window of a webhook', () => {
  it('stays between 1 and what its owner allows, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(anySignal), fc.integer({ min: 1, max: 1000 }), (signals, maxInFlight) => {
        const pace = signals.reduce(
          (now, signal) => nextState(now, signal, { maxInFlight, nowMs: NOW_MS }),
          INITIAL_FLOW_STATE,
        );
        expect(pace.window).toBeGreaterThanOrEqual(1);
        expect(pace.window).toBeLessThanOrEqual(Math.max(maxInFlight, INITIAL_FLOW_STATE.window));
        expect(Number.isFinite(pace.window)).toBe(true);
      }),
    );
  });

  it('never shrinks by an answer in time and never grows by trouble', () => {
    fc.assert(
      fc.property(fc.array(anySignal), anySignal, (signals, signal) => {
        const before = after(signals);
        const { window } = nextState(before, signal, LIMITS);
        if (signal.kind === 'answered') expect(window).toBeGreaterThanOrEqual(before.window);
        else expect(window).toBeLessThanOrEqual(before.window);
      }),
    );
  });

  it('grows from 10 to the most in as many answers', () => {
    expect(after(times(89, answered())).window).toBe(99);
    expect(after(times(500, answered())).window).toBe(100);
  });

  it('halves once for all requests that were under way at the trouble', () => {
    const first = nextState(INITIAL_FLOW_STATE, trouble(NOW_MS - 50), LIMITS);
    expect(first.window).toBe(5);
    expect(nextState(first, trouble(NOW_MS - 10), LIMITS).window).toBe(5);
    expect(nextState(first, trouble(NOW_MS + 1), { ...LIMITS, nowMs: NOW_MS + 9 }).window).toBe(2.5);
  });

  it('grows again after trouble, more carefully', () => {
    const troubled = after([trouble()]);
    expect(nextState(troubled, answered(), LIMITS).window).toBeCloseTo(5.2);
    expect(after(times(500, answered()), troubled).window).toBe(100);
  });
});

const response = (status: number, retryAfter: string | null = null): SentOutcome => ({
  kind: 'response',
  status,
  body: '',
  retryAfter,
  durationMs: 100,
});

describe('what an outcome tells of the receiver', () => {
  const at = { startedAtMs: NOW_MS - 100, now: new Date(NOW_MS) };

  it.each([200, 204, 301, 400, 404, 410])('%i is an answer in time', (status) => {
    expect(toFlowSignal(response(status), at)).toEqual({ kind: 'answered', latencyMs: 100 });
  });

  it.each([429, 500, 502, 503, 504])('%i is trouble', (status) => {
    expect(toFlowSignal(response(status), at)).toEqual(trouble(NOW_MS - 100));
  });

  it.each([
    ['timeout', true],
    ['connection_refused', true],
    ['connection_reset', true],
    ['dns_error', true],
    ['blocked_address', false],
    ['invalid_url', false],
  ] as const)('%s is trouble: %s', (code, isTrouble) => {
    const outcome: Exclude<Outcome, { kind: 'not_started' }> = {
      kind: 'failure',
      code,
      message: '',
      durationMs: 5,
    };
    expect(toFlowSignal(outcome, at)?.kind === 'trouble').toBe(isTrouble);
  });

  it('Retry-After of a 429 or 503 keeps the whole webhook waiting, in either form', () => {
    for (const wish of ['120', 'Sat, 31 Jan 2026 12:02:00 GMT']) {
      const signal = toFlowSignal(response(429, wish), at);
      expect(signal).toEqual(trouble(NOW_MS - 100, 120_000));
      expect(after(signal ? [signal] : []).notBeforeMs).toBe(NOW_MS + 120_000);
    }
    expect(toFlowSignal(response(500, '120'), at)).toMatchObject({ retryAfterMs: null });
  });

  it('a shorter wish does not undo a longer one', () => {
    expect(after([trouble(NOW_MS, 60_000), trouble(NOW_MS, 5000), trouble()]).notBeforeMs).toBe(
      NOW_MS + 60_000,
    );
  });
});

describe('the slow lane', () => {
  it('is for a webhook that fails or is late several times, and until it answers quickly as often', () => {
    for (const sign of [trouble(), { kind: 'overdue' } as const]) {
      expect(isSlowAt(after(times(3, sign)), false)).toBe(false);
      const slow = after(times(4, sign));
      expect(isSlowAt(slow, false)).toBe(true);
      expect(isSlowAt(after(times(3, answered()), slow), true)).toBe(true);
      expect(isSlowAt(after(times(4, answered()), slow), true)).toBe(false);
    }
  });

  it('is not left by answers that take long', () => {
    const slow = after(times(4, { kind: 'overdue' }));
    expect(isSlowAt(after(times(50, answered(SLOW_AFTER_MS + 1)), slow), true)).toBe(true);
  });

  it('is left after at most eight quick answers, whatever was before, and then the webhook is well', () => {
    fc.assert(
      fc.property(fc.array(anySignal), fc.boolean(), (signals, wasSlow) => {
        const pace = after(times(8, answered()), after(signals));
        expect(isSlowAt(pace, wasSlow)).toBe(false);
      }),
    );
  });

  it('never changes by one signal there and back', () => {
    fc.assert(
      fc.property(fc.array(anySignal), anySignal, (signals, signal) => {
        const before = after(signals);
        const next = nextState(before, signal, LIMITS);
        // What has just gone in does not come out at the next answer.
        if (!isSlowAt(before, false) && isSlowAt(next, false)) {
          expect(isSlowAt(nextState(next, answered(), LIMITS), true)).toBe(true);
        }
      }),
    );
  });
});

describe('how many held deliveries a webhook may be given', () => {
  const standing = {
    pace: INITIAL_FLOW_STATE,
    nowMs: NOW_MS,
    maxInFlight: 100,
    inFlight: 0,
    outstanding: 0,
    rate: null,
  };

  it('is the room in its window, less what is on its way', () => {
    expect(releaseCount(standing)).toBe(10);
    expect(releaseCount({ ...standing, inFlight: 7, outstanding: 2 })).toBe(1);
    expect(releaseCount({ ...standing, inFlight: 10 })).toBe(0);
    expect(releaseCount({ ...standing, maxInFlight: 3 })).toBe(3);
  });

  it('is more for one that answers quickly: it will have room again', () => {
    const quick = after(times(20, answered(20)));
    expect(releaseCount({ ...standing, pace: quick, inFlight: 30 })).toBe(100);
  });

  it('is none while its receiver wants a pause', () => {
    const paused = after([trouble(NOW_MS, 5000)]);
    expect(releaseCount({ ...standing, pace: paused })).toBe(0);
    expect(releaseCount({ ...standing, pace: paused, nowMs: NOW_MS + 5000 })).toBe(5);
  });

  it('is what its rate limit lets through until the next look and a little longer', () => {
    const rate = { intervalMs: 20, nextSlotInMs: 0 };
    const quick = after(times(90, answered(20)));
    expect(releaseCount({ ...standing, pace: quick, rate })).toBe(21);
    expect(releaseCount({ ...standing, pace: quick, rate: { ...rate, nextSlotInMs: 300 } })).toBe(6);
    expect(releaseCount({ ...standing, pace: quick, rate: { ...rate, nextSlotInMs: 900 } })).toBe(0);
  });

  it('is one in time for the next slot of a slow rate limit', () => {
    const hourly = { intervalMs: 3_600_000, nextSlotInMs: 0 };
    expect(releaseCount({ ...standing, rate: hourly })).toBe(1);
    expect(releaseCount({ ...standing, rate: { ...hourly, nextSlotInMs: 400 } })).toBe(1);
    expect(releaseCount({ ...standing, rate: { ...hourly, nextSlotInMs: 401 } })).toBe(0);
    expect(releaseCount({ ...standing, rate: hourly, outstanding: 1 })).toBe(0);
  });

  it('is never negative', () => {
    const numbers = fc.record({
      inFlight: fc.nat(2000),
      outstanding: fc.nat(2000),
      maxInFlight: fc.integer({ min: 1, max: 1000 }),
      rate: fc.option(
        fc.record({ intervalMs: fc.integer({ min: 1, max: 3_600_000 }), nextSlotInMs: fc.nat(3_600_000) }),
      ),
    });
    fc.assert(
      fc.property(fc.array(anySignal), numbers, (signals, rest) => {
        const count = releaseCount({ pace: after(signals), nowMs: NOW_MS, ...rest });
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(100);
      }),
    );
  });
});
