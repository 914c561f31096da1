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

/** Returns `depth` nested objects. */
const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce<unknown>((inner) => ({ inner }), 1);

describe('publishedType', () => {
  it.each(['a', 'invoice.paid', 'a'.repeat(128)])('accepts %j', (type) => {
    expect(publishedType.safeParse(type).success).toBe(true);
  });

  it.each(['', 'a'.repeat(129), 'a b', 'a.*', '*', 'posthorn.x', 'webhook.validation', 'a\0', null, 1, {}])(
    'rejects %j',
    (type) => {
      expect(publishedType.safeParse(type).success).toBe(false);
    },
  );
});

describe('eventData', () => {
  it('passes on a JSON object unchanged', () => {
    const data: unknown = JSON.parse('{"a": [1, null], "__proto__": {"b": 1}, "\\u0000": "\\ud800"}');
    expect(JSON.stringify(eventData.parse(data))).toBe(JSON.stringify(data));
  });

  it.each([null, 1, 'text', [], [{}], true, undefined])('rejects %j', (data) => {
    expect(eventData.safeParse(data).success).toBe(false);
  });

  it('accepts at most 100 levels of nesting', () => {
    expect(eventData.safeParse(nested(100)).success).toBe(true);
    expect(eventData.safeParse(nested(101)).success).toBe(false);
    expect(eventData.safeParse(nested(100_000)).success).toBe(false);
  });
});

describe('moment', () => {
  it.each(['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.123456+05:30'])('accepts %s', (text) => {
    expect(moment.parse(text)).toEqual(new Date(text));
  });

  it.each(['2026-01-31', '2026-01-31T12:00:00', '2026-02-30T12:00:00Z', '31.1.2026', 1_769_904_000, ''])(
    'rejects %j',
    (text) => {
      expect(moment.safeParse(text).success).toBe(false);
    },
  );
});

describe('idempotencyKey', () => {
  it.each(['a', ' ', '~'.repeat(255)])('accepts %j', (key) => {
    expect(idempotencyKey.safeParse(key).success).toBe(true);
  });

  it.each(['', 'a'.repeat(256), 'ä', 'a\n', 'a\0'])('rejects %j', (key) => {
    expect(idempotencyKey.safeParse(key).success).toBe(false);
  });
});

describe('tenantReference', () => {
  it.each(['default', encodeId('tenant', newId())])('accepts %s', (tenant) => {
    expect(tenantReference.safeParse(tenant).success).toBe(true);
  });

  it.each(['', 'acme', newId(), encodeId('webhook', newId())])('rejects %j', (tenant) => {
    expect(tenantReference.safeParse(tenant).success).toBe(false);
  });
});

describe('pushedEvent', () => {
  it('requires only data, and accepts null for absent fields', () => {
    const pushed = { data: {}, occurredAt: null, idempotencyKey: null, tenantId: null };
    expect(pushedEvent.safeParse({ data: {} }).success).toBe(true);
    expect(pushedEvent.safeParse(pushed).success).toBe(true);
  });

  it('rejects unknown keys, so that misspelled keys are reported', () => {
    expect(pushedEvent.safeParse({ data: {}, idempotency_key: 'k' }).success).toBe(false);
  });
});
