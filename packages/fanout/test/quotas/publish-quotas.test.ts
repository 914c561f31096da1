import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { EventQuotas } from '@posthorn/core';
import type { IncomingEvent } from '../../src/index.js';
import type { RateRequest } from '../../src/quotas/event-rates.js';
import { createPublishQuotas } from '../../src/quotas/publish-quotas.js';

const UNLIMITED: EventQuotas = { eventsPerSecond: null, eventBytes: 500 };

let waits: Record<string, number>;
const take = jest.fn(({ tenantId }: RateRequest) => waits[tenantId] ?? 0);
const quotas = createPublishQuotas({
  cache: { get: (tenantId) => (tenantId === 'unlimited' ? UNLIMITED : { ...UNLIMITED, eventsPerSecond: 5 }) },
  rates: { take, remaining: () => 3 },
});
beforeEach(() => {
  waits = {};
  take.mockClear();
});

const eventOf = (tenantId: string): IncomingEvent => ({
  tenantId,
  type: 'a.b',
  data: {},
  dataText: '{}',
  occurredAt: null,
  idempotencyKey: null,
  pushed: null,
});

describe('a call', () => {
  it('takes its events from the rate of each tenant', async () => {
    await quotas.admitCall([eventOf('a'), eventOf('b'), eventOf('a')]);
    expect(take.mock.calls).toEqual([
      [{ tenantId: 'a', eventsPerSecond: 5, events: 2, kind: 'call' }],
      [{ tenantId: 'b', eventsPerSecond: 5, events: 1, kind: 'call' }],
    ]);
  });

  it('asks for nothing without a limit, and gives each event its size limit', async () => {
    const events = [eventOf('unlimited'), eventOf('unlimited')];
    await quotas.admitCall(events);
    expect(take).not.toHaveBeenCalled();
    expect(events.map(({ maxBytes }) => maxBytes)).toEqual([500, 500]);
  });

  it('is refused as a whole with 429 and a time to retry in whole seconds', async () => {
    waits = { b: 1200 };
    await expect(quotas.admitCall([eventOf('a'), eventOf('b')])).rejects.toMatchObject({
      code: 'quota_exceeded',
      status: 429,
      detail: 'The quota for events per second (5) is reached. Nothing was stored; retry later.',
      extra: { quota: 'eventsPerSecond', limit: 5, retryAfter: 2 },
    });
  });
});

describe('a push', () => {
  it('is delayed, and asks for its turn when it returns', async () => {
    waits = { a: 300 };
    expect(await quotas.delayOfPush(eventOf('a'), false)).toBe(300);
    expect(await quotas.delayOfPush(eventOf('a'), true)).toBe(300);
    expect(await quotas.delayOfPush(eventOf('unlimited'), false)).toBe(0);
    expect(take.mock.calls.map(([{ kind }]) => kind)).toEqual(['push', 'turn']);
  });
});
