import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  decide,
  type Decision,
  type ExhaustedAction,
  type FailureCode,
  INTERNAL_FAILURE,
  MAX_ATTEMPTS,
  mayRenewToken,
  type SentOutcome,
} from '../../src/index.js';

const NOW = new Date('2026-02-01T00:00:00Z');

const response = (status: number, retryAfter: string | null = null): SentOutcome => ({
  kind: 'response',
  status,
  body: '',
  headers: null,
  retryAfter,
  durationMs: 1,
});
const failure = (code: FailureCode): SentOutcome => ({ kind: 'failure', code, message: '', durationMs: 1 });
const decideOn = (outcome: SentOutcome, attempt = 1, unscheduledAttempts = 0) =>
  decide(outcome, {
    attempt,
    unscheduledAttempts,
    retrySchedule: [10, 100],
    blocking: null,
    isTokenRenewed: false,
    now: NOW,
    random: () => 0.5,
  });

const TRANSIENT: FailureCode[] = [
  'timeout',
  'dns_error',
  'connection_refused',
  'connection_reset',
  'tls_error',
  'tls_client_certificate',
  'tls_untrusted',
  'tls_expired',
  'network_error',
  'invalid_response',
];

describe('decide', () => {
  it.each([200, 201, 204, 299])('succeeds on %d', (status) => {
    expect(decideOn(response(status))).toEqual({ kind: 'succeeded' });
  });

  it.each([199, 300, 301, 400, 401, 404, 408, 429, 500, 503])('retries on %d', (status) => {
    expect(decideOn(response(status))).toEqual({ kind: 'retry', delayMs: 10_000, isExhausted: false });
  });

  it.each(TRANSIENT)('retries on %s', (code) => {
    expect(decideOn(failure(code), 2)).toEqual({ kind: 'retry', delayMs: 100_000, isExhausted: false });
  });

  it('fails on 410 Gone at the first attempt', () => {
    expect(decideOn(response(410))).toEqual({ kind: 'failed', reason: 'gone' });
  });

  it.each(['blocked_address', 'invalid_url'] as const)('fails on %s', (code) => {
    expect(decideOn(failure(code))).toEqual({ kind: 'failed', reason: code });
  });

  it('fails when the schedule is exhausted', () => {
    expect(decideOn(response(500), 2)).toEqual({ kind: 'retry', delayMs: 100_000, isExhausted: false });
    expect(decideOn(response(500), 3)).toEqual({ kind: 'failed', reason: 'exhausted' });
    expect(decideOn(response(500, '30'), 3)).toEqual({ kind: 'failed', reason: 'exhausted' });
    expect(decideOn(failure('timeout'), 3)).toEqual({ kind: 'failed', reason: 'exhausted' });
  });

  it('retries an attempt without a request by the schedule, then fails with its own reason', () => {
    expect(decideOn(INTERNAL_FAILURE)).toEqual({ kind: 'retry', delayMs: 10_000, isExhausted: false });
    expect(decideOn(INTERNAL_FAILURE, 3)).toEqual({ kind: 'failed', reason: 'internal_error' });
  });

  it('fails at the maximum number of attempts, whatever the schedule', () => {
    const retrySchedule = Array.from({ length: MAX_ATTEMPTS + 1 }, () => 1);
    const unscheduled = { unscheduledAttempts: 0, isTokenRenewed: false };
    const context = { ...unscheduled, retrySchedule, blocking: null, now: NOW, random: () => 0.5 };
    expect(decide(response(500), { attempt: MAX_ATTEMPTS - 1, ...context })).toMatchObject({ kind: 'retry' });
    expect(decide(response(500), { attempt: MAX_ATTEMPTS, ...context })).toEqual({
      kind: 'failed',
      reason: 'exhausted',
    });
  });

  it('waits for Retry-After, but not less than the schedule', () => {
    expect(decideOn(response(429, '60'))).toEqual({ kind: 'retry', delayMs: 60_000, isExhausted: false });
    expect(decideOn(response(503, '1'))).toEqual({ kind: 'retry', delayMs: 10_000, isExhausted: false });
    expect(decideOn(response(503, 'soon'))).toEqual({
      kind: 'retry',
      delayMs: 10_000,
      isExhausted: false,
    });
    expect(decideOn(response(503, '999999'))).toEqual({
      kind: 'retry',
      delayMs: 86_400_000,
      isExhausted: false,
    });
  });

  it('repeats the delay of the schedule after an unscheduled attempt', () => {
    expect(decideOn(response(500), 2, 1)).toEqual({ kind: 'retry', delayMs: 10_000, isExhausted: false });
    expect(decideOn(response(500), 5, 3)).toEqual({ kind: 'retry', delayMs: 100_000, isExhausted: false });
    expect(decideOn(response(500), 4, 1)).toEqual({ kind: 'failed', reason: 'exhausted' });
    expect(decideOn(response(200), 4, 1)).toEqual({ kind: 'succeeded' });
  });

  it('retries once for each entry of the schedule, besides the unscheduled attempts', () => {
    const schedules = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 9 });
    const broughtForward = fc.array(fc.boolean(), { maxLength: 20 });
    fc.assert(
      fc.property(schedules, broughtForward, (retrySchedule, choices) => {
        let [attempt, unscheduledAttempts] = [1, 0];
        const context = {
          retrySchedule,
          blocking: null,
          isTokenRenewed: false,
          now: NOW,
          random: Math.random,
        };
        while (decide(response(500), { attempt, unscheduledAttempts, ...context }).kind === 'retry') {
          if (choices[attempt - 1] === true) unscheduledAttempts += 1;
          attempt += 1;
        }
        expect(attempt - unscheduledAttempts).toBe(retrySchedule.length + 1);
      }),
    );
  });
});

const MINUTE_MS = 60_000;

interface Blocked {
  attempt?: number;
  unscheduledAttempts?: number;
  onExhausted?: ExhaustedAction;
  /** How long it may still block others, in milliseconds. */
  leftMs?: number;
  retrySchedule?: number[];
}

/** Returns the decision on a failed attempt of a delivery that others wait for. */
const decideBlocking = (blocked: Blocked, outcome: SentOutcome = response(500)) =>
  decide(outcome, {
    attempt: blocked.attempt ?? 1,
    unscheduledAttempts: blocked.unscheduledAttempts ?? 0,
    retrySchedule: blocked.retrySchedule ?? [10, 100],
    blocking: {
      onExhausted: blocked.onExhausted ?? 'block',
      endsAt: new Date(NOW.getTime() + (blocked.leftMs ?? 1000 * MINUTE_MS)),
    },
    isTokenRenewed: false,
    now: NOW,
    random: () => 0.5,
  });

describe('decide on a delivery that others wait for', () => {
  it('repeats the last delay of an exhausted schedule, and says so', () => {
    const retry = { kind: 'retry', delayMs: 100_000 };
    expect(decideBlocking({ attempt: 2 })).toEqual({ ...retry, isExhausted: false });
    expect(decideBlocking({ attempt: 3 })).toEqual({ ...retry, isExhausted: true });
    expect(decideBlocking({ attempt: 4 })).toEqual({ ...retry, isExhausted: true });
    expect(decideBlocking({ retrySchedule: [] })).toMatchObject({ delayMs: 60_000 });
  });

  it('waits so long beyond a short schedule that its attempts last for its time', () => {
    const leftMs = 100 * MINUTE_MS;
    expect(decideBlocking({ attempt: MAX_ATTEMPTS - 10, retrySchedule: [1], leftMs })).toMatchObject({
      delayMs: leftMs / 10,
    });
  });

  it('fails when its schedule is exhausted and others may follow', () => {
    expect(decideBlocking({ attempt: 3, onExhausted: 'skip' })).toEqual({
      kind: 'failed',
      reason: 'exhausted',
    });
  });

  it.each(['skip', 'block'] as const)('is skipped in time, with onExhausted: %s', (onExhausted) => {
    expect(decideBlocking({ onExhausted, leftMs: 3000 })).toMatchObject({ kind: 'retry', delayMs: 3000 });
    const asked = decideBlocking({ onExhausted, leftMs: 3000 }, response(429, '60'));
    expect(asked).toMatchObject({ kind: 'retry', delayMs: 3000 });
    for (const leftMs of [0, -5000])
      expect(decideBlocking({ onExhausted, leftMs })).toEqual({ kind: 'dropped', reason: 'skipped' });
  });

  it('ends at once where a retry cannot help, and when it succeeds', () => {
    const late = { leftMs: -1 };
    expect(decideBlocking(late, response(204))).toEqual({ kind: 'succeeded' });
    expect(decideBlocking(late, response(410))).toEqual({ kind: 'failed', reason: 'gone' });
    expect(decideBlocking(late, failure('invalid_url'))).toEqual({ kind: 'failed', reason: 'invalid_url' });
    expect(decideBlocking({ attempt: MAX_ATTEMPTS })).toEqual({ kind: 'failed', reason: 'exhausted' });
  });

  it('ends after its schedule, and not after its time plus one attempt', () => {
    const cases = fc.record({
      retrySchedule: fc.array(fc.integer({ min: 1, max: 36_000 }), { maxLength: 9 }),
      onExhausted: fc.constantFrom<ExhaustedAction>('skip', 'block'),
      minutes: fc.integer({ min: 1, max: 4320 }),
      attemptMs: fc.integer({ min: 0, max: 30_000 }),
    });
    fc.assert(
      fc.property(cases, ({ retrySchedule, onExhausted, minutes, attemptMs }) => {
        const endsAt = new Date(NOW.getTime() + minutes * MINUTE_MS);
        let [attempt, nowMs] = [0, NOW.getTime()];
        let decision: Decision;
        do {
          attempt += 1;
          nowMs += attemptMs;
          decision = decide(response(500), {
            attempt,
            unscheduledAttempts: 0,
            retrySchedule,
            blocking: { onExhausted, endsAt },
            isTokenRenewed: false,
            now: new Date(nowMs),
            random: Math.random,
          });
          if (decision.kind === 'retry') nowMs += decision.delayMs;
        } while (decision.kind === 'retry');
        const isOver = nowMs >= endsAt.getTime();
        expect(nowMs).toBeLessThanOrEqual(endsAt.getTime() + attemptMs);
        expect(isOver || attempt > retrySchedule.length).toBe(true);
        if (isOver) expect(decision).toEqual({ kind: 'dropped', reason: 'skipped' });
        else
          expect({ onExhausted, attempt }).toEqual({
            onExhausted: 'skip',
            attempt: retrySchedule.length + 1,
          });
      }),
    );
  });
});

const withToken = (isTokenRenewed: boolean, attempt = 1, outcome = response(401)) =>
  decide(outcome, {
    attempt,
    unscheduledAttempts: 0,
    retrySchedule: [],
    blocking: null,
    isTokenRenewed,
    now: NOW,
    random: () => 0.5,
  });

describe('decide on a request whose access token was rejected', () => {
  it('repeats it at once, outside the schedule, if there is another token', () => {
    expect(withToken(true)).toEqual({ kind: 'retry', delayMs: 0, isExhausted: false, isUnscheduled: true });
    expect(withToken(false)).toEqual({ kind: 'failed', reason: 'exhausted' });
    expect(withToken(true, MAX_ATTEMPTS)).toEqual({ kind: 'failed', reason: 'exhausted' });
  });

  it('may repeat it once for each attempt of the schedule', () => {
    let attemptCount = 0;
    let unscheduledAttempts = 0;
    const renewed = Array.from({ length: 6 }, () => {
      const renews = mayRenewToken({ attemptCount, unscheduledAttempts });
      attemptCount += 1;
      if (renews) unscheduledAttempts += 1;
      return renews;
    });
    expect(renewed).toEqual([true, false, true, false, true, false]);
  });
});
