import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID, idTimeMs, newId } from '@posthorn/core';
import { composeEvent, pendingEvent } from '../src/events/compose-event.js';

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

describe('an event with an idempotency key and the time at which it occurred', () => {
  const OCCURRED_AT = '2031-05-10T11:59:00Z';

  interface Published {
    tenantId?: string;
    key?: string | null;
    occurredAt?: string | null;
    keyIds?: Set<string>;
    pushedAt?: string;
  }

  function idOf({ key = 'k', occurredAt = OCCURRED_AT, pushedAt, keyIds, ...event }: Published, now = NOW) {
    const pending = pendingEvent({
      tenantId: DEFAULT_TENANT_ID,
      type: 'a',
      data: {},
      dataText: null,
      occurredAt: occurredAt === null ? null : new Date(occurredAt),
      idempotencyKey: key,
      pushed: pushedAt === undefined ? null : { id: `events:1:${pushedAt}`, at: new Date(pushedAt) },
      ...event,
    });
    return composeEvent(pending, { now, ...(keyIds && { keyIds }) }).id;
  }

  it('has the same id when it is published again until the end of the next day, over HTTP or Redis', () => {
    const id = idOf({});
    expect(idTimeMs(id)).toBe(Date.parse(OCCURRED_AT));
    expect(idOf({}, NEXT_DAY)).toBe(id);
    expect(idOf({ pushedAt: '2031-05-10T23:00:00Z' }, NEXT_DAY)).toBe(id);
    expect(idOf({ pushedAt: '2031-05-10T22:00:00Z' }, NEXT_DAY)).toBe(id);
    expect(idOf({}, new Date('2031-05-12T00:00:01Z'))).not.toBe(id);
  });

  it('has another id for another tenant, key or time', () => {
    const ids = [{}, { tenantId: newId() }, { key: 'other' }, { occurredAt: '2031-05-10T11:59:00.001Z' }].map(
      (event) => idOf(event),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('has a new id each time without one of both, and when it occurred before yesterday or in the future', () => {
    for (const event of [
      { key: null },
      { occurredAt: null },
      { occurredAt: '2031-05-08T23:59:59Z' },
      { occurredAt: '2031-05-10T12:01:01Z' },
    ])
      expect(idOf(event)).not.toBe(idOf(event));
  });

  it('has the id only once in a batch', () => {
    const keyIds = new Set<string>();
    expect(idOf({ keyIds })).toBe(idOf({}));
    expect(idOf({ keyIds })).not.toBe(idOf({}));
  });
});

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
