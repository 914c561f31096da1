import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import { composeEvent, pendingEvent } from '../src/compose-event.js';

const NOW = new Date('2031-05-10T12:00:00Z');
const NEXT_DAY = new Date('2031-05-11T00:00:01Z');

function compose(pushedAt: string, now: Date, idempotencyKey: string | null = null) {
  const pushed = { id: 'events:1:2', at: new Date(pushedAt) };
  const event = {
    tenantId: DEFAULT_TENANT_ID,
    type: 'a',
    data: {},
    dataText: null,
    occurredAt: null,
    idempotencyKey,
    pushed,
  };
  return composeEvent(pendingEvent(event), { now });
}

describe('a push that is read again on the next day', () => {
  it('has the same id, or the same idempotency key', () => {
    for (const pushedAt of [
      '2031-05-10T11:59:00Z',
      '2031-05-01T00:00:00Z',
      '2031-05-11T12:30:00Z',
      '2031-06-01T00:00:00Z',
    ]) {
      const [first, again] = [compose(pushedAt, NOW), compose(pushedAt, NEXT_DAY)];
      expect(first.id === again.id || first.idempotencyKey !== null).toBe(true);
      expect(again.idempotencyKey).toBe(first.idempotencyKey);
    }
  });

  it('keeps the key of its publisher', () => {
    expect(compose('2031-05-01T00:00:00Z', NOW, 'k').idempotencyKey).toBe('k');
    expect(compose('2031-05-10T11:59:00Z', NOW).idempotencyKey).toBeNull();
  });
});
