import { describe, expect, it } from '@jest/globals';
import { explain } from '../src/events/explain.js';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));

const event = { type: 'a.b', publishedAt: at(10), data: { amount: 5 }, isHistoryOver: false };
const webhook = {
  status: 'active' as const,
  epoch: 0,
  createdAt: at(0),
  activeSince: at(1),
  validatedAt: null,
  attestedAt: null,
  suspendedAt: null,
  filter: null,
  filterSetAt: null,
  subscriptions: [{ pattern: 'a.*', createdAt: at(0) }],
  delivery: null,
};

describe('explain', () => {
  it.each([
    ['created_later', { createdAt: at(11) }],
    ['not_subscribed', { subscriptions: [{ pattern: 'c', createdAt: at(0) }] }],
    ['subscribed_later', { subscriptions: [{ pattern: '*', createdAt: at(11) }] }],
    ['pending_validation', { status: 'pending_validation' as const, activeSince: null }],
    ['pending_validation', { activeSince: at(11) }],
    ['pending_validation', { activeSince: at(11), status: 'suspended' as const, epoch: 1 }],
    ['pending_validation', { activeSince: at(11), validatedAt: at(11), epoch: 1 }],
    ['pending_validation', { activeSince: at(11), attestedAt: at(11), epoch: 1 }],
    ['suspended', { activeSince: at(11), validatedAt: at(1), epoch: 2 }],
    ['suspended', { activeSince: at(11), status: 'suspended' as const, epoch: 3 }],
    ['suspended', { status: 'suspended' as const, epoch: 1, suspendedAt: at(5) }],
    ['suspended', { status: 'suspended' as const, epoch: 1, suspendedAt: at(20) }],
    ['not_recorded', {}],
  ])('returns %s', (reason, difference) => {
    expect(explain({ ...webhook, ...difference }, event)).toEqual({ reason });
  });

  it('returns history_expired if a delivery may have expired, unless there was none for another reason', () => {
    const over = { ...event, isHistoryOver: true };
    expect(explain(webhook, over)).toEqual({ reason: 'history_expired' });
    expect(explain({ ...webhook, createdAt: at(11) }, over)).toEqual({ reason: 'created_later' });
  });

  const filter = { properties: { amount: { minimum: 100 } } };
  const filtered = {
    reason: 'filtered_out',
    violation: { path: 'data.amount', code: 'too_small', params: { limit: 100 }, message: 'must be >= 100' },
  };

  it.each([
    ['rejected the event', { filter, filterSetAt: at(10) }, filtered],
    [
      'rejected the event before the webhook was suspended',
      { filter, filterSetAt: at(2), status: 'suspended' as const, epoch: 1, suspendedAt: at(20) },
      filtered,
    ],
    ['was set later', { filter, filterSetAt: at(11) }, { reason: 'not_recorded' }],
    ['matches', { filter: { required: ['amount'] }, filterSetAt: at(2) }, { reason: 'not_recorded' }],
    [
      'is irrelevant because the webhook was suspended',
      { filter, filterSetAt: at(2), status: 'suspended' as const, epoch: 1, suspendedAt: at(5) },
      { reason: 'suspended' },
    ],
    [
      'is irrelevant because the webhook was reactivated later',
      { filter, filterSetAt: at(2), activeSince: at(11), epoch: 2 },
      { reason: 'suspended' },
    ],
    [
      'is irrelevant because the webhook was not subscribed',
      { filter, filterSetAt: at(2), subscriptions: [] },
      { reason: 'not_subscribed' },
    ],
  ])('handles a filter that %s', (_name, difference, expected) => {
    expect(explain({ ...webhook, ...difference }, event)).toEqual(expected);
  });

  it('limits the length of the texts of a filter', () => {
    const long = { const: 'x'.repeat(1000) };
    const { violation } = explain({ ...webhook, filter: long, filterSetAt: at(1) }, event);
    expect(violation?.params['value']).toHaveLength(200);
  });

  it.each([
    ['delivered', { status: 'succeeded' as const, reason: null, attemptCount: 1 }],
    ['failed', { status: 'failed' as const, reason: 'exhausted', attemptCount: 8 }],
    ['internal_error', { status: 'failed' as const, reason: 'internal_error', attemptCount: 8 }],
    ['pending', { status: 'pending' as const, reason: null, attemptCount: 0 }],
    ['retrying', { status: 'pending' as const, reason: null, attemptCount: 1 }],
    ['waits_in_order', { status: 'pending' as const, reason: null, attemptCount: 0, waitsFor: 'head' }],
    ['waits_in_order', { status: 'pending' as const, reason: null, attemptCount: 1, waitsFor: 'head' }],
    ['suspended', { status: 'dropped' as const, reason: 'suspended', attemptCount: 0 }],
    ['deleted', { status: 'dropped' as const, reason: 'deleted', attemptCount: 0 }],
    ['replay_cancelled', { status: 'dropped' as const, reason: 'replay_cancelled', attemptCount: 1 }],
  ])('returns %s for a delivery, regardless of everything else', (reason, delivery) => {
    const found = { id: '', waitsFor: null, ...delivery };
    expect(explain({ ...webhook, createdAt: at(99), delivery: found }, event)).toEqual({ reason });
  });
});
