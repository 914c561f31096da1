import { describe, expect, it } from '@jest/globals';
import { encodeId, newId } from '@posthorn/core';
import {
  eventData,
  idempotencyKey,
  moment,
  publishedType,
  pushedEvent,
  tenantReference,
} from '../src/index.js';

/** `depth` objects in one another. */
const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>((inner) => ({ inner }), 1);

describe('the type of a published event', () => {
  it.each(['a', 'invoice.paid', 'a'.repeat(128)])('may be %j', (type) => {
    expect(publishedType.safeParse(type).success).toBe(true);
  });

  it.each(['', 'a'.repeat(129), 'a b', 'a.*', '*', 'posthorn.x', 'webhook.validation', 'a\0', null, 1, {}])(
    'may not be %j',
    (type) => {
      expect(publishedType.safeParse(type).success).toBe(false);
    },
  );
});

describe('the data of an event', () => {
  it('is a JSON object, handed on as it is', () => {
    const data: unknown = JSON.parse('{"a": [1, null], "__proto__": {"b": 1}, "\\u0000": "\\ud800"}');
    expect(JSON.stringify(eventData.parse(data))).toBe(JSON.stringify(data));
  });

  it.each([null, 1, 'text', [], [{}], true, undefined])('may not be %j', (data) => {
    expect(eventData.safeParse(data).success).toBe(false);
  });

  it('may not be nested without end', () => {
    expect(eventData.safeParse(nested(100)).success).toBe(true);
    expect(eventData.safeParse(nested(101)).success).toBe(false);
    expect(eventData.safeParse(nested(100_000)).success).toBe(false);
  });
});

describe('the time of an event', () => {
  it.each(['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123456+05:30'])('may be %s', (text) => {
    expect(moment.parse(text)).toEqual(new Date(text));
  });

  it.each(['2026-01-31', '2026-01-31T12:00:00', '2026-02-30T12:00:00Z', '31.1.2026', 1_769_904_000, ''])(
    'may not be %j',
    (text) => {
      expect(moment.safeParse(text).success).toBe(false);
    },
  );
});

describe('an idempotency key', () => {
  it.each(['a', ' ', '~'.repeat(255)])('may be %j', (key) => {
    expect(idempotencyKey.safeParse(key).success).toBe(true);
  });

  it.each(['', 'a'.repeat(256), 'ä', 'a\n', 'a\0'])('may not be %j', (key) => {
    expect(idempotencyKey.safeParse(key).success).toBe(false);
  });
});

describe('the tenant of an event', () => {
  it.each(['default', encodeId('tenant', newId())])('may be %s', (tenant) => {
    expect(tenantReference.safeParse(tenant).success).toBe(true);
  });

  it.each(['', 'acme', newId(), encodeId('webhook', newId())])('may not be %j', (tenant) => {
    expect(tenantReference.safeParse(tenant).success).toBe(false);
  });
});

describe('a push', () => {
  it('needs only data, and takes null for what is left out', () => {
    const pushed = { data: {}, occurredAt: null, idempotencyKey: null, tenantId: null };
    expect(pushedEvent.safeParse({ data: {} }).success).toBe(true);
    expect(pushedEvent.safeParse(pushed).success).toBe(true);
  });

  it('has no other keys, so that a misspelt one is told', () => {
    expect(pushedEvent.safeParse({ data: {}, idempotency_key: 'k' }).success).toBe(false);
  });
});
