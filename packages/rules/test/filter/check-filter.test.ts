import { describe, expect, it } from '@jest/globals';
import { checkFilter } from '../../src/index.js';

const nested = (depth: number): object => (depth === 1 ? {} : { properties: { a: nested(depth - 1) } });
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('accepts', () => {
  it.each<[string, object]>([
    ['an empty filter', {}],
    ['a required value', { properties: { status: { const: 'paid' } }, required: ['status'] }],
    ['many enum values', { properties: { id: { enum: Array.from({ length: 300 }, (_, n) => `id ${n}`) } } }],
    ['a pattern', { properties: { ref: { pattern: '^refs/heads/release-[0-9][0-9]\\.\\d$' } } }],
    ['annotations', { title: 'a', description: 'b', $comment: 'c' }],
    ['boolean schemas', { properties: { a: true, b: false }, additionalProperties: false }],
    ['10 levels of schemas', nested(10)],
    [
      'many properties',
      { properties: Object.fromEntries(times(100, 0).map((_, n) => [n, { minLength: 1 }])) },
    ],
    [
      'conditions on the items of an array',
      {
        properties: {
          lines: { contains: { properties: { sku: { enum: ['a', 'b'] }, count: { minimum: 2 } } } },
        },
      },
    ],
    [
      'additionalProperties: false on every level',
      {
        properties: {
          a: { properties: { b: { additionalProperties: false } }, additionalProperties: false },
        },
        additionalProperties: false,
      },
    ],
    ['properties with the names of keywords', { properties: { $ref: { type: 'string' }, format: true } }],
  ])('%s', (_name, filter) => expect(checkFilter(filter)).toEqual([]));
});

describe('rejects, with the path of the error,', () => {
  it.each<[string, unknown, string]>([
    ['an array', [], 'filter'],
    ['an unknown keyword', { amount: 5 }, 'filter.amount'],
    ['$ref', { properties: { a: { $ref: '#' } } }, 'filter.properties.a.$ref'],
    ['$dynamicRef', { $dynamicRef: '#' }, 'filter.$dynamicRef'],
    ['$defs', { $defs: {} }, 'filter.$defs'],
    ['$id', { $id: 'https://x.example' }, 'filter.$id'],
    ['$async', { $async: true }, 'filter.$async'],
    ['format', { items: { format: 'email' } }, 'filter.items.format'],
    ['uniqueItems', { uniqueItems: true }, 'filter.uniqueItems'],
    ['patternProperties', { patternProperties: {} }, 'filter.patternProperties'],
    ['unevaluatedProperties', { unevaluatedProperties: false }, 'filter.unevaluatedProperties'],
    ['the name of an inherited property', { constructor: {} }, 'filter.constructor'],
    ['__proto__', JSON.parse('{"__proto__":{}}'), 'filter.__proto__'],
    ['an unknown type', { type: 'text' }, 'filter.type'],
    ['an empty array of types', { type: [] }, 'filter.type'],
    ['a duplicate type', { type: ['null', 'null'] }, 'filter.type'],
    ['an object as const', { const: {} }, 'filter.const'],
    ['a number that JSON cannot represent', { const: Infinity }, 'filter.const'],
    ['an array in enum', { enum: [[]] }, 'filter.enum'],
    ['an empty enum', { enum: [] }, 'filter.enum'],
    ['a string as minimum', { minimum: '5' }, 'filter.minimum'],
    ['multipleOf 0', { multipleOf: 0 }, 'filter.multipleOf'],
    ['a negative length', { minLength: -1 }, 'filter.minLength'],
    ['a fractional length', { maxItems: 0.5 }, 'filter.maxItems'],
    ['a property name that is not a string', { required: [1] }, 'filter.required'],
    ['a duplicate property name', { required: ['a', 'a'] }, 'filter.required'],
    ['property names that are not an array', { dependentRequired: { a: 'b' } }, 'filter.dependentRequired'],
    ['properties as an array', { properties: [] }, 'filter.properties'],
    ['an array item that is not a schema', { anyOf: [{}, 5] }, 'filter.anyOf[1]'],
    ['an empty array of schemas', { allOf: [] }, 'filter.allOf'],
    ['items as an array', { items: [{}] }, 'filter.items'],
    [
      'a deeply nested error',
      { anyOf: [{}, { not: { properties: { x: { pattern: '(' } } } }] },
      'filter.anyOf[1].not.properties.x.pattern',
    ],
    ['11 levels of schemas', nested(11), `filter${'.properties.a'.repeat(10)}`],
  ])('%s', (_name, filter, path) => {
    expect(checkFilter(filter)).toMatchObject([{ path, message: expect.any(String) }]);
  });

  it('up to 20 errors at once', () => {
    expect(checkFilter({ a: 1, minimum: 'x', properties: { b: 1 } }).map(({ path }) => path)).toEqual([
      'filter.a',
      'filter.minimum',
      'filter.properties.b',
    ]);
    expect(checkFilter({ anyOf: times(500, 5) })).toHaveLength(20);
  });

  it('truncates long paths', () => {
    const [error] = checkFilter({ ['x'.repeat(4000)]: 1 });
    expect(error?.path).toHaveLength(200);
  });
});

describe('pattern', () => {
  it.each([
    '',
    'a',
    '^a$',
    '^refs/',
    'a.b',
    '[a-z0-9_-]x',
    '[^,;]',
    '\\d\\d',
    '\\.\\*\\/',
    '[*+?(){}|]',
    'ü📯',
    '\\s$',
  ])('accepts %j, which has a fixed length', (pattern) => expect(checkFilter({ pattern })).toEqual([]));

  // Known causes of catastrophic backtracking, and every construct that can be part of one.
  it.each([
    '(a+)+$',
    '(a|aa)+$',
    '(.*)*x',
    '^(\\w+\\s?)*$',
    '([a-zA-Z]+)*',
    '(a|a?)+$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    'a?a?a?aaa',
    'a*',
    'a+',
    'a??',
    'a{2}',
    'a{1,}',
    '[a-z]+',
    '.*.*=.*',
    'a|b',
    '(a)',
    '(?:a)',
    '(?=a)',
    '(?<!a)',
    '(?<n>a)',
    '\\1',
    '\\k<n>',
    '\\u{1F4EF}',
    '\\p{L}',
    '\\bx',
    '\\cA',
    'a^',
    '$a',
    '[a',
    'a]',
    '[]',
    '[z-a]',
    '[a-\\d]',
    '\\',
    '\\-',
    'a\\',
    '[\\u0041]',
  ])('rejects %j, which has a quantifier, an alternative or a group, or is invalid', (pattern) => {
    expect(checkFilter({ pattern })).toMatchObject([{ path: 'filter.pattern', message: expect.any(String) }]);
  });

  it('is checked quickly', () => {
    const before = process.cpuUsage();
    for (const part of ['[^a]', '[', 'a', '\\d', '[a-z]', '(', '\\'])
      checkFilter({ pattern: `${part.repeat(40_000)}*` });
    // CPU time in microseconds. To try each position for each character takes longer on any machine.
    expect(process.cpuUsage(before).user).toBeLessThan(5_000_000);
  });
});

describe('rejects as too expensive', () => {
  it.each<[string, object]>([
    ['long patterns without an anchor', { allOf: times(3, { not: { pattern: '.'.repeat(20) } }) }],
    ['many keywords for each item', { items: { allOf: times(20, { type: 'number' }) } }],
    [
      'many property names for each item',
      { items: { required: Array.from({ length: 20 }, (_, n) => `n${n}`) } },
    ],
    ['counting properties repeatedly', { allOf: times(5, { minProperties: 1 }) }],
    ['reading all properties repeatedly', { anyOf: times(5, { additionalProperties: { type: 'null' } }) }],
    ['counting characters repeatedly', { oneOf: times(120, { minLength: 1 }) }],
    [
      'reading items twice',
      {
        items: { allOf: times(9, true).map((_, n) => ({ const: n })) },
        contains: { anyOf: times(9, true).map((_, n) => ({ const: n })) },
      },
    ],
  ])('%s', (_name, filter) => {
    expect(checkFilter(filter)).toMatchObject([{ path: 'filter', code: 'filter_too_expensive' }]);
  });
});
