import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isRedacted, redactData, redactEnvelope, REDACTED_VALUE, searchValuesIn } from '../../src/index.js';

describe('redactData', () => {
  it.each([
    ['a string', '{"card":{"number":"4711"}}', ['/card/number'], '{"card":{"number":"•••"}}'],
    ['a number', '{"a":1.10,"b":1.10}', ['/a'], '{"a":"•••","b":1.10}'],
    ['an object', '{ "card" : {"number":1} , "b":2}', ['/card'], '{ "card" : "•••" , "b":2}'],
    ['null', '{"a":null}', ['/a'], '{"a":"•••"}'],
    [
      'each element',
      '{"items":[{"p":1},{"p":2,"q":3},4]}',
      ['/items/p'],
      '{"items":[{"p":"•••"},{"p":"•••","q":3},4]}',
    ],
    ['elements of nested arrays', '{"a":[[{"b":1}],{"b":2}]}', ['/a/b'], '{"a":[[{"b":"•••"}],{"b":"•••"}]}'],
    ['an element by its index', '{"a":[1,2,3]}', ['/a/1'], '{"a":[1,"•••",3]}'],
    ['a member that is named like an index', '{"a":{"1":2}}', ['/a/1'], '{"a":{"1":"•••"}}'],
    ['each of several members with the name', '{"a":1,"a":{"b":2}}', ['/a'], '{"a":"•••","a":"•••"}'],
    ['a name that is written with escapes', String.raw`{"\u0061":1}`, ['/a'], String.raw`{"\u0061":"•••"}`],
    ['a name with a slash and a tilde', '{"a/b":{"~":1}}', ['/a~1b/~0'], '{"a/b":{"~":"•••"}}'],
    ['a member of a redacted object once', '{"a":{"b":1}}', ['/a/b', '/a'], '{"a":"•••"}'],
    ['the member __proto__', '{"__proto__":{"a":1}}', ['/__proto__/a'], '{"__proto__":{"a":"•••"}}'],
    ['an empty name', '{"":1}', ['/'], '{"":"•••"}'],
  ])('hides %s', (_name, data, pointers, redacted) => {
    expect(redactData(data, pointers)).toBe(redacted);
  });

  it.each([
    ['without pointers', '{"a": 1}', []],
    ['with a pointer to nothing', '{"a":{"c":1}}', ['/a/b', '/b', '/a/c/d']],
    ['with a pointer into a string', '{"a":"{\\"b\\":1}"}', ['/a/b']],
  ])('returns the text unchanged %s', (_name, data, pointers) => {
    expect(redactData(data, pointers)).toBe(data);
  });

  it('leaves no value that a search key finds at the same place, whatever the data', () => {
    const name = fc.constantFrom('a', 'b', '0', '1');
    const pointer = fc.array(name, { minLength: 1, maxLength: 3 }).map((path) => `/${path.join('/')}`);
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer({ min: 1000 }),
        fc.array(tie('value')),
        fc.dictionary(name, tie('value')),
      ),
    }));
    const data = fc.dictionary(name, value);
    fc.assert(
      fc.property(data, pointer, (object, hidden) => {
        const redacted = redactData(JSON.stringify(object), [hidden]);
        expect(JSON.parse(redacted)).toBeInstanceOf(Object);
        const left = searchValuesIn(redacted, [hidden]).map(({ value: found }) => found);
        expect(left.filter((found) => found !== REDACTED_VALUE)).toEqual([]);
      }),
    );
  });
});

it('redacts the data of an envelope, and nothing else of it', () => {
  const envelope = '{"id":"1","a":"2","data":{"a":"3","data":{"a":"4"}}}';
  expect(redactEnvelope(envelope, ['/a'])).toBe('{"id":"1","a":"2","data":{"a":"•••","data":{"a":"4"}}}');
});

describe('isRedacted', () => {
  it.each([
    ['/a', '/a', true],
    ['/a/b', '/a', true],
    ['/a', '/a/b', true],
    ['/ab', '/a', false],
    ['/a', '/ab', false],
    ['/items/0/price', '/items/price', true],
    ['/items/0/1/price', '/items/price/2', true],
    ['/items/0/name', '/items/price', false],
    ['/a', '/0', true],
  ])('of %s with the redaction %s is %s', (pointer, redaction, result) => {
    expect(isRedacted(pointer, [redaction])).toBe(result);
  });
});
