import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  decide,
  type FailureCode,
  INTERNAL_FAILURE,
  MAX_ATTEMPTS,
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
    now: NOW,
    random: () => 0.5,
  });

const TRANSIENT: FailureCode[] = [
  'timeout',
  'dns_error',
  'connection_refused',
  'connection_reset',
  'tls_error',
  'network_error',
  'invalid_response',
];

describe('decide', () => {
  it.each([200, 201, 204, 299])('succeeds on %d', (status) => {
    expect(decideOn(response(status))).toEqual({ kind: 'succeeded' });
  });

  it.each([199, 300, 301, 400, 401, 404, 408, 429, 500, 503])('retries on %d', (status) => {
    expect(decideOn(response(status))).toEqual({ kind: 'retry', delayMs: 10_000 });
  });

  it.each(TRANSIENT)('retries on %s', (code) => {
    expect(decideOn(failure(code), 2)).toEqual({ kind: 'retry', delayMs: 100_000 });
  });

  it('fails on 410 Gone at the first attempt', () => {
    expect(decideOn(response(410))).toEqual({ kind: 'failed', reason: 'gone' });
  });

  it.each(['blocked_address', 'invalid_url'] as const)('fails on %s', (code) => {
    expect(decideOn(failure(code))).toEqual({ kind: 'failed', reason: code });
  });

  it('fails when the schedule is exhausted', () => {
    expect(decideOn(response(500), 2)).toEqual({ kind: 'retry', delayMs: 100_000 });
    expect(decideOn(response(500), 3)).toEqual({ kind: 'failed', reason: 'exhausted' });
    expect(decideOn(response(500, '30'), 3)).toEqual({ kind: 'failed', reason: 'exhausted' });
    expect(decideOn(failure('timeout'), 3)).toEqual({ kind: 'failed', reason: 'exhausted' });
  });

  it('retries an attempt without a request by the schedule, then fails with its own reason', () => {
    expect(decideOn(INTERNAL_FAILURE)).toEqual({ kind: 'retry', delayMs: 10_000 });
    expect(decideOn(INTERNAL_FAILURE, 3)).toEqual({ kind: 'failed', reason: 'internal_error' });
  });

  it('fails at the maximum number of attempts, whatever the schedule', () => {
    const retrySchedule = Array.from({ length: MAX_ATTEMPTS + 1 }, () => 1);
    const context = { unscheduledAttempts: 0, retrySchedule, now: NOW, random: () => 0.5 };
    expect(decide(response(500), { attempt: MAX_ATTEMPTS - 1, ...context })).toMatchObject({ kind: 'retry' });
    expect(decide(response(500), { attempt: MAX_ATTEMPTS, ...context })).toEqual({
      kind: 'failed',
      reason: 'exhausted',
    });
  });

  it('waits for Retry-After, but not less than the schedule', () => {
    expect(decideOn(response(429, '60'))).toEqual({ kind: 'retry', delayMs: 60_000 });
    expect(decideOn(response(503, '1'))).toEqual({ kind: 'retry', delayMs: 10_000 });
    expect(decideOn(response(503, 'soon'))).toEqual({ kind: 'retry', delayMs: 10_000 });
    expect(decideOn(response(503, '999999'))).toEqual({ kind: 'retry', delayMs: 86_400_000 });
  });

  it('repeats the delay of the schedule after an unscheduled attempt', () => {
    expect(decideOn(response(500), 2, 1)).toEqual({ kind: 'retry', delayMs: 10_000 });
    expect(decideOn(response(500), 5, 3)).toEqual({ kind: 'retry', delayMs: 100_000 });
    expect(decideOn(response(500), 4, 1)).toEqual({ kind: 'failed', reason: 'exhausted' });
    expect(decideOn(response(200), 4, 1)).toEqual({ kind: 'succeeded' });
  });

  it('retries once for each entry of the schedule, besides the unscheduled attempts', () => {
    const schedules = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 9 });
    const broughtForward = fc.array(fc.boolean(), { maxLength: 20 });
    fc.assert(
      fc.property(schedules, broughtForward, (retrySchedule, choices) => {
        let [attempt, unscheduledAttempts] = [1, 0];
        const context = { retrySchedule, now: NOW, random: Math.random };
        while (decide(response(500), { attempt, unscheduledAttempts, ...context }).kind === 'retry') {
          if (choices[attempt - 1] === true) unscheduledAttempts += 1;
          attempt += 1;
        }
        expect(attempt - unscheduledAttempts).toBe(retrySchedule.length + 1);
      }),
    );
  });
});
