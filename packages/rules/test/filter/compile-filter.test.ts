import { describe, expect, it } from '@jest/globals';
import { compileFilter, createFilterCache } from '../../src/index.js';

/** What does not fit, as a line, or null. */
function violation(filter: object, data: unknown): string | null {
  const compiled = compileFilter(filter);
  const fault = compiled.violation(data);
  expect(compiled.matches(data)).toBe(fault === null);
  return fault && `${fault.path} ${fault.message}`;
}

describe('what does not fit a filter is told', () => {
  it.each<[object, unknown, string]>([
    [{ type: 'string' }, { a: 1 }, 'data must be string'],
    [{ properties: { a: { type: ['null', 'integer'] } } }, { a: 1.5 }, 'data.a must be null or integer'],
    [{ properties: { a: { const: 'x' } } }, { a: 'y' }, 'data.a must be "x"'],
    [{ properties: { a: { enum: [1, null] } } }, { a: '1' }, 'data.a must be one of [1,null]'],
    [{ properties: { a: { minimum: 100 } } }, { a: 99 }, 'data.a must be >= 100'],
    [{ properties: { a: { exclusiveMaximum: 100 } } }, { a: 100 }, 'data.a must be < 100'],
    [{ properties: { a: { multipleOf: 5 } } }, { a: 7 }, 'data.a must be a multiple of 5'],
    [{ properties: { a: { minLength: 2 } } }, { a: '📯' }, 'data.a must have 2 or more characters'],
    [{ properties: { a: { maxLength: 1 } } }, { a: 'ab' }, 'data.a must have 1 or fewer characters'],
    [{ properties: { a: { pattern: '^refs/' } } }, { a: 'ref' }, 'data.a must match ^refs/'],
    [{ required: ['a', 'b'] }, { a: 1 }, 'data must have b'],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, 'data must have b'],
    [{ properties: { a: true }, additionalProperties: false }, { a: 1, b: 2 }, 'data.b must not be there'],
    [{ minProperties: 1 }, {}, 'data must have 1 or more members'],
    [{ properties: { a: { prefixItems: [{ const: 1 }] } } }, { a: [2] }, 'data.a[0] must be 1'],
    [{ properties: { a: { items: { const: 1 } } } }, { a: [1, 2] }, 'data.a[1] must be 1'],
    [{ properties: { a: { items: { required: ['b'] } } } }, { a: [{}] }, 'data.a[0] must have b'],
    [
      { properties: { a: { contains: { const: 1 } } } },
      { a: [2] },
      'data.a must have 1 or more elements that fit contains',
    ],
    [{ properties: { a: { maxItems: 1 } } }, { a: [1, 2] }, 'data.a must have 1 or fewer elements'],
    [{ allOf: [{}, { required: ['a'] }] }, {}, 'data must have a'],
    [{ anyOf: [{ required: ['a'] }, false] }, {}, 'data must fit one of the schemas of anyOf'],
    [{ oneOf: [true, true] }, {}, 'data must fit exactly one of the schemas of oneOf'],
    [{ not: { required: ['a'] } }, { a: 1 }, 'data must not fit the schema of not'],
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword, and nothing that is awaited
    [{ if: { required: ['a'] }, then: { required: ['b'] } }, { a: 1 }, 'data must have b'],
    [{ if: { required: ['a'] }, else: { required: ['b'] } }, {}, 'data must have b'],
  ])('%j %j: %s', (filter, data, line) => expect(violation(filter, data)).toBe(line));
});

describe('a filter', () => {
  it('is about what the data has itself, not about what all objects have', () => {
    expect(violation({ required: ['toString'] }, {})).toBe('data must have toString');
    expect(violation({ properties: { constructor: { type: 'string' } } }, {})).toBeNull();
    const proto = JSON.parse('{"__proto__":{"a":1}}');
    expect(violation(JSON.parse('{"properties":{"__proto__":{"required":["b"]}}}'), proto)).toBe(
      'data.__proto__ must have b',
    );
    expect(violation({ required: ['__proto__'] }, {})).toBe('data must have __proto__');
  });

  it('looks at empty lists and empty names like at others', () => {
    const list = { properties: { a: { prefixItems: [{}], contains: {} } } };
    expect(violation(list, { a: [] })).toBe('data.a must have 1 or more elements that fit contains');
    expect(violation({ dependentRequired: { a: [''] } }, { a: 1 })).toBe('data must have ');
    expect(violation({ properties: { '': { const: 1 } } }, { '': 2 })).toBe('data. must be 1');
  });

  it('lets through what it says nothing about', () => {
    expect(violation({}, { a: 1 })).toBeNull();
    expect(violation({ properties: { amount: { minimum: 100 } } }, {})).toBeNull();
    expect(violation({ properties: { amount: { minimum: 100 } } }, { amount: 'much' })).toBeNull();
  });

  it.each([
    { type: 'nonsense' },
    { $ref: '#' },
    { allOf: Array.from({ length: 5 }, () => ({ minProperties: 0 })) },
    null,
    5,
  ])('that could not have been stored lets nothing through: %j', (filter) => {
    const { matches, violation: tell } = compileFilter(filter);
    expect(matches({})).toBe(false);
    expect(tell({})).toEqual({ path: 'data', message: expect.any(String) });
  });
});

const longFilter = (n: number) => JSON.stringify({ const: `${n}`, description: 'x'.repeat(4000) });

describe('filters by their text', () => {
  it('are made once, and anew when the text is another', () => {
    const filterOf = createFilterCache();
    expect(filterOf('{"required":["a"]}')).toBe(filterOf('{"required":["a"]}'));
    expect(filterOf('{"required":["b"]}').matches({ b: 1 })).toBe(true);
    expect(filterOf('{"required":["a"]}').matches({ b: 1 })).toBe(false);
  });

  it('give way to others when there are too many', () => {
    const filterOf = createFilterCache();
    const first = filterOf(longFilter(0));
    for (let n = 1; n < 2000; n += 1) filterOf(longFilter(n));
    expect(filterOf(longFilter(0))).not.toBe(first);
    expect(filterOf(longFilter(0)).matches('0')).toBe(true);
  });
});
