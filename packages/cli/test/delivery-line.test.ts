import { expect, it } from '@jest/globals';
import { deliveryLine } from '../src/deliveries/delivery-line.js';

const DELIVERY = {
  id: 'dlv_2',
  eventId: 'evt_2',
  eventType: 'a.b',
  webhookId: 'wh_1',
  tenantId: 'ten_1',
  status: 'pending' as const,
  reason: null,
  attemptCount: 0,
  held: false,
  heldReason: null,
  lastStatus: null,
  lastError: null,
  nextAttemptAt: null,
  sequence: 2,
  orderingKey: null,
  waitsFor: null,
  canSkip: false,
  createdAt: '2026-02-03T04:05:06.000Z',
  settledAt: null,
};

it.each([
  ['what it waits for in order', { waitsFor: 'dlv_1' }, '0 attempts, waits for dlv_1'],
  ['its next attempt', { nextAttemptAt: '2026-02-03T05:00:00.000Z' }, 'next attempt at 2026-02-03T05'],
  ['why it was dropped', { status: 'dropped' as const, reason: 'skipped' }, '0 attempts, skipped'],
])('the line of a delivery has %s', (_name, fields, text) => {
  expect(deliveryLine({ ...DELIVERY, ...fields })).toContain(text);
});
