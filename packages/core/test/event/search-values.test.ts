import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { JSON_POINTER, searchDigest, searchValuesIn } from '../../src/index.js';

const found = (dataText: string, pointers: string[]) =>
  searchValuesIn(dataText, pointers).map(({ digest, pointer }) => ({ digest, pointer }));

const value = (text: string, pointer = '/a') => ({ digest: searchDigest(text), pointer });

describe('the values at search keys', () => {
  it.each([
    ['a string', '{"a":"x"}', ['x']],
    ['a string with escapes', String.raw`{"a":"é\n\"\u0000"}`, ['é\n"\0']],
    ['an integer that a double cannot hold', '{"a":12345678901234567890}', ['12345678901234567890']],
    ['a number as it is written', '{"a":1.10}', ['1.10']],
    ['a number out of range', '{"a":-1e400}', ['-1e400']],
    ['a boolean', '{"a":false}', ['false']],
    ['the last of several members', '{"a":1,"a":2}', ['2']],
    ['the elements of an array', '{"a":["x", 1.0 ,true,null,["y"],{"b":2}]}', ['x', '1.0', 'true']],
    ['different elements only', '{"a":["x","x"]}', ['x']],
    ['null', '{"a":null}', []],
    ['an object', '{"a":{"b":1}}', []],
    ['an empty string', '{"a":" "}', []],
    ['nothing', '{"b":"x"}', []],
  ])('of %s', (_name, dataText, values) => {
    expect(found(dataText, ['/a'])).toEqual(values.map((each) => value(each)));
  });

  it.each([
    ['/order/id', '{"order":{"id":"x"}}'],
    ['/items/1/sku', '{"items":[{"sku":"y"},{"sku":"x"}]}'],
    ['/a~1b/m~0n/', '{"a/b":{"m~n":{"":"x"}}}'],
    ['/~01', '{"~1":"x"}'],
    ['/__proto__', '{"__proto__":"x"}'],
  ])('are addressed by %s', (pointer, dataText) => {
    expect(found(dataText, [pointer])).toEqual([value('x', pointer)]);
  });

  it.each(['/a/01', '/a/-', '/a/2', '/a/0/b', '/b', '/a/length'])('are none at %s', (pointer) => {
    expect(found('{"a":["x","y"]}', [pointer])).toEqual([]);
  });

  it('are at most 20 of an event, each with the first key that addresses it', () => {
    const many = Array.from({ length: 30 }, (_, index) => index);
    expect(found(JSON.stringify({ a: many, b: 'x' }), ['/a', '/b'])).toHaveLength(20);
    expect(found('{"a":"x","b":"x"}', ['/b', '/a'])).toEqual([value('x', '/b')]);
  });

  it('are those that the pointer addresses in the parsed data', () => {
    const name = fc.string({ maxLength: 3 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.string(), (names, text) => {
        const data = names.reduceRight<unknown>((inner, each) => ({ [each]: inner }), text);
        const pointer = names.map((each) => `/${each.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        expect(pointer).toMatch(JSON_POINTER);
        const digest = searchDigest(text);
        const expected = digest === null ? [] : [{ digest, pointer }];
        expect(found(JSON.stringify(data), [pointer])).toEqual(expected);
      }),
    );
  });
});

describe('the digest of a value', () => {
  it('is a UUID that depends on the value, but not on space around it', () => {
    expect(searchDigest('x')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(searchDigest(' x\n')).toBe(searchDigest('x'));
    expect(searchDigest('X')).not.toBe(searchDigest('x'));
  });

  it('exists for values of up to 256 bytes', () => {
    expect(searchDigest('é'.repeat(128))).not.toBeNull();
    expect(searchDigest(`${'é'.repeat(128)}x`)).toBeNull();
    expect(searchDigest('')).toBeNull();
  });
});

describe('a JSON Pointer', () => {
  it.each(['', 'a', 'a/b', '/~', '/a~2', '$.a'])('is not %j', (text) => {
    expect(text).not.toMatch(JSON_POINTER);
  });
});
