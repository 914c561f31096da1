import { describe, expect, it } from '@jest/globals';
import { checkFilter } from '../../src/index.js';

const nested = (depth: number): object => (depth === 1 ? {} : { properties: { a: nested(depth - 1) } });
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('a filter may', () => {
  it.each<[string, object]>([
    ['be empty', {}],
    ['ask for a value', { properties: { status: { const: 'paid' } }, required: ['status'] }],
    ['know many values', { properties: { id: { enum: Array.from({ length: 300 }, (_, n) => `id ${n}`) } } }],
    ['have a pattern', { properties: { ref: { pattern: '^refs/heads/release-[0-9][0-9]\\.\\d$' } } }],
    ['say what it is for', { title: 'a', description: 'b', $comment: 'c' }],
    [
      'have schemas that are true or false',
      { properties: { a: true, b: false }, additionalProperties: false },
    ],
    ['be 10 schemas deep', nested(10)],
    [
      'look at many fields',
      { properties: Object.fromEntries(times(100, 0).map((_, n) => [n, { minLength: 1 }])) },
    ],
    [
      'look into a list',
      {
        properties: {
          lines: { contains: { properties: { sku: { enum: ['a', 'b'] }, count: { minimum: 2 } } } },
        },
      },
    ],
    [
      'forbid what is not named, on every level',
      {
        properties: {
          a: { properties: { b: { additionalProperties: false } }, additionalProperties: false },
        },
        additionalProperties: false,
      },
    ],
    [
      'have properties with the names of keywords',
      { properties: { $ref: { type: 'string' }, format: true } },
    ],
  ])('%s', (_name, filter) => expect(checkFilter(filter)).toEqual([]));
});

describe('a filter is refused, in which place it says, with', () => {
  it.each<[string, unknown, string]>([
    ['a list', [], 'filter'],
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
    ['the name of something that all objects have', { constructor: {} }, 'filter.constructor'],
    ['__proto__', JSON.parse('{"__proto__":{}}'), 'filter.__proto__'],
    ['a type that is none', { type: 'text' }, 'filter.type'],
    ['no types', { type: [] }, 'filter.type'],
    ['a type twice', { type: ['null', 'null'] }, 'filter.type'],
    ['an object as const', { const: {} }, 'filter.const'],
    ['a number that JSON has not', { const: Infinity }, 'filter.const'],
    ['a list in enum', { enum: [[]] }, 'filter.enum'],
    ['an empty enum', { enum: [] }, 'filter.enum'],
    ['text as minimum', { minimum: '5' }, 'filter.minimum'],
    ['multiples of 0', { multipleOf: 0 }, 'filter.multipleOf'],
    ['a negative length', { minLength: -1 }, 'filter.minLength'],
    ['half a length', { maxItems: 0.5 }, 'filter.maxItems'],
    ['a name that is none', { required: [1] }, 'filter.required'],
    ['a name twice', { required: ['a', 'a'] }, 'filter.required'],
    ['names that are no list', { dependentRequired: { a: 'b' } }, 'filter.dependentRequired'],
    ['properties in a list', { properties: [] }, 'filter.properties'],
    ['no schema in a list', { anyOf: [{}, 5] }, 'filter.anyOf[1]'],
    ['an empty list of schemas', { allOf: [] }, 'filter.allOf'],
    ['items in a list', { items: [{}] }, 'filter.items'],
    [
      'a fault deep inside',
      { anyOf: [{}, { not: { properties: { x: { pattern: '(' } } } }] },
      'filter.anyOf[1].not.properties.x.pattern',
    ],
    ['11 schemas in each other', nested(11), `filter${'.properties.a'.repeat(10)}`],
  ])('%s', (_name, filter, path) => {
    expect(checkFilter(filter)).toEqual([{ path, message: expect.any(String) }]);
  });

  it('all faults at once, up to 20', () => {
    expect(checkFilter({ a: 1, minimum: 'x', properties: { b: 1 } }).map(({ path }) => path)).toEqual([
      'filter.a',
      'filter.minimum',
      'filter.properties.b',
    ]);
    expect(checkFilter({ anyOf: times(500, 5) })).toHaveLength(20);
  });

  it('no more of a name than tells it', () => {
    const [fault] = checkFilter({ ['x'.repeat(4000)]: 1 });
    expect(fault?.path).toHaveLength(200);
  });
});

describe('a pattern', () => {
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
  ])('of a fixed length is taken: %j', (pattern) => expect(checkFilter({ pattern })).toEqual([]));

  // What is known to make regular expressions run for ever, and all that could be part of it.
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
  ])('that repeats, chooses, groups or is none is refused: %j', (pattern) => {
    expect(checkFilter({ pattern })).toEqual([{ path: 'filter.pattern', message: expect.any(String) }]);
  });

  it('is itself looked at in no time', () => {
    const startedAtMs = performance.now();
    for (const part of ['[^a]', '[', 'a', '\\d', '[a-z]', '(', '\\'])
      checkFilter({ pattern: `${part.repeat(4000)}*` });
    expect(performance.now() - startedAtMs).toBeLessThan(500);
  });
});

describe('what could take too long is refused', () => {
  it.each<[string, object]>([
    ['long patterns that are tried everywhere', { allOf: times(3, { not: { pattern: '.'.repeat(20) } }) }],
    ['many questions about each element', { items: { allOf: times(20, { type: 'number' }) } }],
    ['many names in each element', { items: { required: Array.from({ length: 20 }, (_, n) => `n${n}`) } }],
    ['the members counted again and again', { allOf: times(5, { minProperties: 1 }) }],
    [
      'the members gone through again and again',
      { anyOf: times(5, { additionalProperties: { type: 'null' } }) },
    ],
    ['the length counted again and again', { oneOf: times(120, { minLength: 1 }) }],
    [
      'elements looked at twice',
      {
        items: { allOf: times(9, true).map((_, n) => ({ const: n })) },
        contains: { anyOf: times(9, true).map((_, n) => ({ const: n })) },
      },
    ],
  ])('%s', (_name, filter) => {
    expect(checkFilter(filter)).toEqual([{ path: 'filter', message: expect.stringContaining('too long') }]);
  });
});
