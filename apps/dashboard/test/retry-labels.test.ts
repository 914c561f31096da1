import { describe, expect, it } from '@jest/globals';
import { retryBlocker, retryEffects } from '../src/pages/deliveries/retry-labels.js';

describe('retrying a delivery', () => {
  const failed = {
    status: 'failed',
    eventType: 'invoice.paid',
    reason: null,
    nextAttemptAt: null,
    waitsFor: null,
  } as const;
  const pendingSince = (ms: number) => ({
    ...failed,
    status: 'pending' as const,
    nextAttemptAt: new Date(Date.now() - ms).toISOString(),
  });

  it('is possible while a delivery waits for a retry, not once it is due', () => {
    expect(retryBlocker(pendingSince(-60_000), { status: 'active', delivery: 'push' })).toBeNull();
    expect(retryBlocker(pendingSince(1), { status: 'active', delivery: 'push' })).toMatch(/is due/);
    expect(
      retryBlocker({ ...pendingSince(1), nextAttemptAt: null }, { status: 'active', delivery: 'push' }),
    ).toMatch(/is due/);
    expect(retryEffects({ status: 'pending', attemptCount: 2 }, undefined).at(-1)).toMatch(
      /continues as before/,
    );
  });

  it.each([
    [{ ...failed, eventType: null }, { status: 'active', delivery: 'push' }, /payload has expired/],
    [
      { ...failed, status: 'pending', waitsFor: 'dlv_1' },
      { status: 'active', delivery: 'push' },
      /waits for an earlier one/,
    ],
    [failed, null, /deleted/],
    [failed, { status: 'suspended', delivery: 'push' }, /Reactivate/],
    [failed, { status: 'pending_validation', delivery: 'push' }, /Validate/],
    [failed, { status: 'active', delivery: 'pull' }, /gets no requests/],
    [{ ...failed, status: 'available' }, undefined, /gets no requests/],
  ] as const)('is blocked for %j with the webhook %j', (delivery, webhook, reason) => {
    expect(retryBlocker(delivery, webhook)).toMatch(reason);
  });

  it('is possible if the webhook is active or unknown', () => {
    expect(retryBlocker(failed, { status: 'active', delivery: 'push' })).toBeNull();
    expect(retryBlocker(failed, undefined)).toBeNull();
  });

  it.each([
    [1, /3 automatic retries follow/],
    [2, /2 automatic retries follow/],
    [3, /1 automatic retry follows/],
    [4, /No automatic retries are left/],
    [9, /No automatic retries are left/],
  ])('after %i attempts states how many of three retries are left', (attemptCount, text) => {
    const effects = retryEffects({ status: 'failed', attemptCount }, { retrySchedule: [5, 60, 300] });
    expect(effects.at(-1)).toMatch(text);
  });
});
