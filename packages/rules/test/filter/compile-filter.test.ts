import { describe, expect, it } from '@jest/globals';
import { compileFilter, createFilterCache } from '../../src/index.js';

/** Returns the violation as one line, or null. */
function violationOf(filter: object, data: unknown): string | null {
  const compiled = compileFilter(filter);
  const violation = compiled.violation(data);
  expect(compiled.matches(data)).toBe(violation === null);
  return violation && `${violation.path} ${violation.message}`;
}

describe('violation of a filter', () => {
  it.each<[object, unknown, string]>([
    [{ type: 'string' }, { a: 1 }, 'data must be string'],
    [{ properties: { a: { type: ['null', 'integer'] } } }, { a: 1.5 }, 'data.a must be null | integer'],
    [{ properties: { a: { const: 'x' } } }, { a: 'y' }, 'data.a must be "x"'],
    [{ properties: { a: { enum: [1, null] } } }, { a: '1' }, 'data.a must be one of [1,null]'],
    [{ properties: { a: { minimum: 100 } } }, { a: 99 }, 'data.a must be >= 100'],
    [{ properties: { a: { exclusiveMaximum: 100 } } }, { a: 100 }, 'data.a must be < 100'],
    [{ properties: { a: { multipleOf: 5 } } }, { a: 7 }, 'data.a must be a multiple of 5'],
    [{ properties: { a: { multipleOf: 0.01 } } }, { a: 19.995 }, 'data.a must be a multiple of 0.01'],
    [{ properties: { a: { minLength: 2 } } }, { a: '📯' }, 'data.a must have at least 2 characters'],
    [{ properties: { a: { maxLength: 1 } } }, { a: 'ab' }, 'data.a must have at most 1 characters'],
    [{ properties: { a: { pattern: '^refs/' } } }, { a: 'ref' }, 'data.a must match the pattern ^refs/'],
    [{ required: ['a', 'b'] }, { a: 1 }, 'data must have the property "b"'],
    [{ dependentRequired: { a: ['b'] } }, { a: 1 }, 'data must have the property "b"'],
    [{ properties: { a: true }, additionalProperties: false }, { a: 1, b: 2 }, 'data.b must not be present'],
    [{ minProperties: 1 }, {}, 'data must have at least 1 properties'],
    [{ properties: { a: { prefixItems: [{ const: 1 }] } } }, { a: [2] }, 'data.a[0] must be 1'],
    [{ properties: { a: { items: { const: 1 } } } }, { a: [1, 2] }, 'data.a[1] must be 1'],
    [
      { properties: { a: { items: { required: ['b'] } } } },
      { a: [{}] },
      'data.a[0] must have the property "b"',
    ],
    [
      { properties: { a: { contains: { const: 1 } } } },
      { a: [2] },
      'data.a must have at least 1 items that match contains',
    ],
    [{ properties: { a: { maxItems: 1 } } }, { a: [1, 2] }, 'data.a must have at most 1 items'],
    [{ allOf: [{}, { required: ['a'] }] }, {}, 'data must have the property "a"'],
    [{ anyOf: [{ required: ['a'] }, false] }, {}, 'data must match a schema in anyOf'],
    [{ oneOf: [true, true] }, {}, 'data must match exactly one schema in oneOf'],
    [{ not: { required: ['a'] } }, { a: 1 }, 'data must not match the schema in not'],
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword; the object is never awaited
    [{ if: { required: ['a'] }, then: { required: ['b'] } }, { a: 1 }, 'data must have the property "b"'],
    [{ if: { required: ['a'] }, else: { required: ['b'] } }, {}, 'data must have the property "b"'],
  ])('%j %j: %s', (filter, data, line) => expect(violationOf(filter, data)).toBe(line));
});

describe('compiled filter', () => {
  it('ignores inherited properties', () => {
    expect(violationOf({ required: ['toString'] }, {})).toBe('data must have the property "toString"');
    expect(violationOf({ properties: { constructor: { type: 'string' } } }, {})).toBeNull();
    const proto = JSON.parse('{"__proto__":{"a":1}}');
    expect(violationOf(JSON.parse('{"properties":{"__proto__":{"required":["b"]}}}'), proto)).toBe(
      'data.__proto__ must have the property "b"',
    );
    expect(violationOf({ required: ['__proto__'] }, {})).toBe('data must have the property "__proto__"');
  });

  it('applies to empty arrays and empty property names', () => {
    const list = { properties: { a: { prefixItems: [{}], contains: {} } } };
    expect(violationOf(list, { a: [] })).toBe('data.a must have at least 1 items that match contains');
    expect(violationOf({ dependentRequired: { a: [''] } }, { a: 1 })).toBe('data must have the property ""');
    expect(violationOf({ properties: { '': { const: 1 } } }, { '': 2 })).toBe('data. must be 1');
  });

  it('matches properties and types without a keyword', () => {
    expect(violationOf({}, { a: 1 })).toBeNull();
    expect(violationOf({ properties: { amount: { minimum: 100 } } }, {})).toBeNull();
    expect(violationOf({ properties: { amount: { minimum: 100 } } }, { amount: 'much' })).toBeNull();
  });

  it.each([
    { type: 'nonsense' },
    { $ref: '#' },
    { allOf: Array.from({ length: 5 }, () => ({ minProperties: 0 })) },
    null,
    5,
  ])('matches nothing if it is invalid: %j', (filter) => {
    const { matches, violation } = compileFilter(filter);
    expect(matches({})).toBe(false);
    expect(violation({})).toMatchObject({ path: 'data', code: 'not_allowed' });
  });
});

const longFilter = (n: number) => JSON.stringify({ const: `${n}`, description: 'x'.repeat(4000) });

describe('filter cache', () => {
  it('compiles each text once', () => {
    const filterOf = createFilterCache();
    expect(filterOf('{"required":["a"]}')).toBe(filterOf('{"required":["a"]}'));
    expect(filterOf('{"required":["b"]}').matches({ b: 1 })).toBe(true);
    expect(filterOf('{"required":["a"]}').matches({ b: 1 })).toBe(false);
  });

  it('evicts filters when it is full', () => {
    const filterOf = createFilterCache();
    const first = filterOf(longFilter(0));
    for (let n = 1; n < 2000; n += 1) filterOf(longFilter(n));
    expect(filterOf(longFilter(0))).not.toBe(first);
    expect(filterOf(longFilter(0)).matches('0')).toBe(true);
  });
});
