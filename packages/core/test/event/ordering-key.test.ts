import { describe, expect, it } from '@jest/globals';
import { orderingKeyAt } from '../../src/index.js';

describe('orderingKeyAt', () => {
  it.each([
    ['{"id": "a b/ü"}', 'a b/ü'],
    ['{"id": 1.50}', '1.50'],
    ['{"id": 12345678901234567890}', '12345678901234567890'],
    ['{"id": false}', 'false'],
    [`{"id": "${'x'.repeat(256)}"}`, 'x'.repeat(256)],
  ])('returns the value of %s', (dataText, key) => {
    expect(orderingKeyAt(dataText, '/id')).toBe(key);
  });

  it.each([
    '{}',
    '{"id": null}',
    '{"id": ["a"]}',
    '{"id": {"a": 1}}',
    '{"id": ""}',
    `{"id": "${'x'.repeat(257)}"}`,
    String.raw`{"id": "a\nb"}`,
    String.raw`{"id": "\u0000"}`,
    String.raw`{"id": "\ud800"}`,
  ])('returns null for %s', (dataText) => {
    expect(orderingKeyAt(dataText, '/id')).toBeNull();
  });

  it('follows a path of names and indexes', () => {
    expect(orderingKeyAt('{"a/b": [{"c": "d"}]}', '/a~1b/0/c')).toBe('d');
  });
});
