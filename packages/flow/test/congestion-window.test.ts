import { describe, expect, it } from '@jest/globals';
import type { Outcome, SentOutcome } from '@posthorn/core';
import * as fc from 'fast-check';
import {
  INITIAL_FLOW_STATE,
  nextState,
  shouldBeSlow,
  SLOW_AFTER_MS,
  toFlowSignal,
} from '../src/slots/congestion-window.js';
import {
  anySignal,
  congestion,
  LIMITS,
  NOW_MS,
  response,
  stateAfter,
  times,
} from './fixtures/flow-signals.js';

describe('window', () => {
  it('stays between 1 and maxInFlight', () => {
    fc.assert(
      fc.property(fc.array(anySignal), fc.integer({ min: 1, max: 1000 }), (signals, maxInFlight) => {
        const state = signals.reduce(
          (now, signal) => nextState(now, signal, { maxInFlight, nowMs: NOW_MS }),
          INITIAL_FLOW_STATE,
        );
        expect(state.window).toBeGreaterThanOrEqual(1);
        expect(state.window).toBeLessThanOrEqual(Math.max(maxInFlight, INITIAL_FLOW_STATE.window));
        expect(Number.isFinite(state.window)).toBe(true);
      }),
    );
  });

  it('never shrinks after a response and never grows after other signals', () => {
    fc.assert(
      fc.property(fc.array(anySignal), anySignal, (signals, signal) => {
        const before = stateAfter(signals);
        const { window } = nextState(before, signal, LIMITS);
        if (signal.kind === 'response') expect(window).toBeGreaterThanOrEqual(before.window);
        else expect(window).toBeLessThanOrEqual(before.window);
      }),
    );
  });

  it('grows by 1 with each response, from 10 to the maximum', () => {
    expect(stateAfter(times(89, response())).window).toBe(99);
    expect(stateAfter(times(500, response())).window).toBe(100);
  });

  it('halves once for all requests that were in flight at the congestion', () => {
    const first = nextState(INITIAL_FLOW_STATE, congestion(NOW_MS - 50), LIMITS);
    expect(first.window).toBe(5);
    expect(nextState(first, congestion(NOW_MS - 10), LIMITS).window).toBe(5);
    expect(nextState(first, congestion(NOW_MS + 1), { ...LIMITS, nowMs: NOW_MS + 9 }).window).toBe(2.5);
  });

  it('grows more slowly after congestion', () => {
    const troubled = stateAfter([congestion()]);
    expect(nextState(troubled, response(), LIMITS).window).toBeCloseTo(5.2);
    expect(stateAfter(times(500, response()), troubled).window).toBe(100);
  });
});

const responseWith = (status: number, retryAfter: string | null = null): SentOutcome => ({
  kind: 'response',
  status,
  body: '',
  headers: null,
  retryAfter,
  durationMs: 100,
});

describe('toFlowSignal', () => {
  const at = { startedAtMs: NOW_MS - 100, now: new Date(NOW_MS) };

  it.each([200, 204, 301, 400, 404, 410])('returns a response for %i', (status) => {
    expect(toFlowSignal(responseWith(status), at)).toEqual({ kind: 'response', latencyMs: 100 });
  });

  it.each([429, 500, 502, 503, 504])('returns congestion for %i', (status) => {
    expect(toFlowSignal(responseWith(status), at)).toEqual(congestion(NOW_MS - 100));
  });

  it.each([
    ['timeout', true],
    ['connection_refused', true],
    ['connection_reset', true],
    ['dns_error', true],
    ['blocked_address', false],
    ['internal_error', false],
    ['proxy_unreachable', false],
    ['proxy_timeout', false],
    ['proxy_rejected', false],
    ['invalid_url', false],
  ] as const)('returns congestion for %s: %s', (code, isCongestion) => {
    const outcome: Exclude<Outcome, { kind: 'not_started' }> = {
      kind: 'failure',
      code,
      message: '',
      durationMs: 5,
    };
    expect(toFlowSignal(outcome, at)?.kind === 'congestion').toBe(isCongestion);
  });

  it('applies Retry-After of 429 and 503 to the whole webhook, in both formats', () => {
    for (const retryAfter of ['120', 'Sat, 31 Jan 2026 12:02:00 GMT']) {
      const signal = toFlowSignal(responseWith(429, retryAfter), at);
      expect(signal).toEqual(congestion(NOW_MS - 100, 120_000));
      expect(stateAfter(signal ? [signal] : []).notBeforeMs).toBe(NOW_MS + 120_000);
    }
    expect(toFlowSignal(responseWith(500, '120'), at)).toMatchObject({ retryAfterMs: null });
  });

  it('does not shorten a pause', () => {
    expect(stateAfter([congestion(NOW_MS, 60_000), congestion(NOW_MS, 5000), congestion()]).notBeforeMs).toBe(
      NOW_MS + 60_000,
    );
  });
});

describe('shouldBeSlow', () => {
  it('is true after 4 strikes, until as many fast responses', () => {
    for (const strike of [congestion(), { kind: 'overdue' } as const]) {
      expect(shouldBeSlow(stateAfter(times(3, strike)), false)).toBe(false);
      const slow = stateAfter(times(4, strike));
      expect(shouldBeSlow(slow, false)).toBe(true);
      expect(shouldBeSlow(stateAfter(times(3, response()), slow), true)).toBe(true);
      expect(shouldBeSlow(stateAfter(times(4, response()), slow), true)).toBe(false);
    }
  });

  it('stays true with slow responses', () => {
    const slow = stateAfter(times(4, { kind: 'overdue' }));
    expect(shouldBeSlow(stateAfter(times(50, response(SLOW_AFTER_MS + 1)), slow), true)).toBe(true);
  });

  it('is false after eight fast responses in any state', () => {
    fc.assert(
      fc.property(fc.array(anySignal), fc.boolean(), (signals, isSlow) => {
        const state = stateAfter(times(8, response()), stateAfter(signals));
        expect(shouldBeSlow(state, isSlow)).toBe(false);
      }),
    );
  });

  it('does not flip back with one response', () => {
    fc.assert(
      fc.property(fc.array(anySignal), anySignal, (signals, signal) => {
        const before = stateAfter(signals);
        const next = nextState(before, signal, LIMITS);
        if (!shouldBeSlow(before, false) && shouldBeSlow(next, false)) {
          expect(shouldBeSlow(nextState(next, response(), LIMITS), true)).toBe(true);
        }
      }),
    );
  });
});
