import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compactJson, formatJson } from '../../src/json/format-json.js';
import { value } from './fixtures/json-texts.js';

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('a formatted JSON text', () => {
  it('is formatted like a value by JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(formatJson(JSON.stringify(json))).toBe(JSON.stringify(json, null, 2));
        expect(compactJson(JSON.stringify(json, null, 2))).toBe(JSON.stringify(json));
      }),
    );
  });

  it('keeps numbers, escapes and duplicate keys', () => {
    expect(formatJson('{"a":1e400,"a":[ 9007199254740993,{}],"\\u00e9 :":"\\"{, "}')).toBe(
      '{\n  "a": 1e400,\n  "a": [\n    9007199254740993,\n    {}\n  ],\n  "\\u00e9 :": "\\"{, "\n}',
    );
    fc.assert(fc.property(value, (json) => expect(compactJson(formatJson(json))).toBe(compactJson(json))));
  });

  it('is unchanged if it is nested deeply', () => {
    expect(formatJson(nested(101))).toBe(nested(101));
    expect(formatJson(nested(100))).not.toBe(nested(100));
  });
});
