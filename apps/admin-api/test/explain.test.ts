import { describe, expect, it } from '@jest/globals';
import { explain } from '../src/explain.js';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));

const event = { type: 'a.b', publishedAt: at(10) };
const webhook = {
  status: 'active' as const,
  epoch: 0,
  createdAt: at(0),
  activeSince: at(1),
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
    ['suspended', { activeSince: at(11), epoch: 2 }],
    ['suspended', { activeSince: at(11), status: 'suspended' as const, epoch: 3 }],
    ['suspended', { status: 'suspended' as const, epoch: 1 }],
    ['not_recorded', {}],
  ])('says %s', (reason, difference) => {
    expect(explain({ ...webhook, ...difference }, event)).toBe(reason);
  });

  it.each([
    ['delivered', { status: 'succeeded' as const, reason: null, attemptCount: 1 }],
    ['failed', { status: 'failed' as const, reason: 'exhausted', attemptCount: 8 }],
    ['pending', { status: 'pending' as const, reason: null, attemptCount: 0 }],
    ['retrying', { status: 'pending' as const, reason: null, attemptCount: 1 }],
    ['suspended', { status: 'dropped' as const, reason: 'suspended', attemptCount: 0 }],
    ['deleted', { status: 'dropped' as const, reason: 'deleted', attemptCount: 0 }],
  ])('says %s of a delivery, whatever else there is', (reason, delivery) => {
    expect(explain({ ...webhook, createdAt: at(99), delivery: { id: '', ...delivery } }, event)).toBe(reason);
  });
});
