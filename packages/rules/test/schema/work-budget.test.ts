import { describe, expect, it } from '@jest/globals';
import { createSchemaValidator } from '../../src/index.js';

/** Far above what each of them takes, far below what they take without bounds, on a machine with other work to do. */
const LONGEST_MS = 5000;

/** As long as the data of an event may be. */
const LONG = 250_000;

function timed(schema: object, data: unknown) {
  const checkText = createSchemaValidator();
  const text = JSON.stringify(schema);
  checkText(text, null);
  const startedAt = performance.now();
  let result: unknown;
  try {
    result = checkText(text, data);
  } catch (error) {
    result = error;
  }
  expect(performance.now() - startedAt).toBeLessThan(LONGEST_MS);
  return result;
}

const check = (schema: object, data: unknown) => createSchemaValidator()(JSON.stringify(schema), data);

const ofA = (schema: object) => ({ properties: { a: schema } });

describe('a pattern', () => {
  it.each(['(a+)+$', '^(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$', 'a*a*a*a*a*b$', '(?:a?){15}b$'])(
    '%s that would go back without end does not',
    (pattern) => {
      expect(timed(ofA({ pattern }), { a: `${'a'.repeat(LONG)}!` })).toEqual([
        { path: 'data.a', message: `must match pattern "${pattern}"` },
      ]);
    },
  );

  it('in the names of members does not either', () => {
    const schema = { patternProperties: { '(a+)+$': false } };
    expect(timed(schema, { [`${'a'.repeat(LONG)}!`]: 1 })).toEqual([]);
  });

  it.each([
    ['looks ahead', '(?=a)b'],
    ['looks behind', '(?<=a)b'],
    ['refers to a group', String.raw`(a)\1`],
    ['is too long', 'a'.repeat(513)],
    ['is large when it is written out', '(?:a{1000}b{1000}c{1000}){10}'],
  ])('that %s is refused with its schema', (_what, pattern) => {
    expect(() => check({ pattern }, '')).toThrow();
  });

  it.each([
    [String.raw`^\d{4}-\d{2}$`, '2026-11', '2026-1'],
    [String.raw`^\p{Lu}\u0041\/$`, 'ÄA/', 'äA/'],
    ['^.$', '📯', 'ab'],
    ['^[^]$', '\n', ''],
    ['^(?<year>19|20)$', '19', '21'],
    ['a$', 'ba', 'a\n'],
  ])('%s means what it means in JavaScript', (pattern, matching, violation) => {
    expect(check({ pattern }, matching)).toEqual([]);
    expect(check({ pattern }, violation)).toHaveLength(1);
  });

  it('is not mistaken for another of the same schema', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    expect(check(schema, { a: 'a', b: 'b' })).toEqual([]);
  });
});

describe('a check that would take too long', () => {
  const TOO_MUCH = expect.objectContaining({ message: 'takes too much work to check' });
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, level) => {
      const below = { $ref: `#/$defs/d${level}` };
      return [`d${level + 1}`, { anyOf: [{ allOf: [below, { not: {} }] }, below] }];
    }),
  );

  it.each([
    ['by references that double', { $defs: { d0: {}, ...doubling }, ...ofA({ $ref: '#/$defs/d40' }) }, 1],
    ['by an expression with many states', ofA({ pattern: '[ab]*a[ab]{400}cz*d' }), 'ab'.repeat(LONG / 2)],
    [
      'by many choices for many elements',
      ofA({ items: { enum: Array.from({ length: 9000 }, (_, index) => `x${index}`) } }),
      Array.from({ length: LONG / 5 }, () => 'yy'),
    ],
    [
      'by many branches for many elements',
      ofA({ items: { anyOf: Array.from({ length: 1000 }, (_, index) => ({ const: index })) } }),
      Array.from({ length: LONG / 2 }, () => -1),
    ],
  ])('%s is broken off', (_what, schema, a) => {
    expect(timed(schema, { a })).toEqual(TOO_MUCH);
  });

  it('does not count against the next', () => {
    const checkText = createSchemaValidator();
    const schema = JSON.stringify(ofA({ pattern: '[ab]*a[ab]{400}c' }));
    expect(() => checkText(schema, { a: 'ab'.repeat(LONG / 2) })).toThrow('too much work');
    expect(checkText(schema, { a: '' })).toHaveLength(1);
  });
});

describe('what is long, and usual', () => {
  it.each([
    ['text', { pattern: '^[A-Za-z0-9+/=]*$' }, 'QUJD'.repeat(LONG / 4)],
    [
      'a list of objects',
      { uniqueItems: true },
      Array.from({ length: LONG / 10 }, (_, index) => ({ index })),
    ],
    [
      'a list of ids',
      { items: { type: 'string', format: 'uuid', minLength: 36 } },
      Array.from({ length: LONG / 39 }, () => '0197c0de-0000-7000-8000-000000000000'),
    ],
    [
      'a list of orders',
      {
        items: {
          $ref: '#/$defs/order',
        },
      },
      Array.from({ length: LONG / 40 }, (_, index) => ({
        id: `or_${index}`,
        amount: index,
        currency: 'eur',
      })),
    ],
  ])('%s is checked', (_what, schema, a) => {
    const order = {
      type: 'object',
      required: ['id', 'amount'],
      properties: {
        id: { type: 'string', pattern: '^or_[0-9]{1,20}$' },
        amount: { type: 'integer', minimum: 0 },
        currency: { enum: ['eur', 'gbp', 'usd'] },
      },
      additionalProperties: false,
    };
    expect(timed({ $defs: { order }, ...ofA(schema) }, { a })).toEqual([]);
  });

  it('URLs are told by parsing them', () => {
    expect(timed(ofA({ format: 'url' }), { a: `http://${':'.repeat(LONG)}` })).toHaveLength(1);
    expect(timed(ofA({ format: 'url' }), { a: 'https://example.com/a' })).toEqual([]);
    expect(timed(ofA({ format: 'url' }), { a: 'mailto:a@example.com' })).toHaveLength(1);
  });
});

describe('the rules of JSON Schema that Ajv alone gets wrong', () => {
  it('an empty list is held against what stands beside prefixItems', () => {
    const schema = { prefixItems: [{ type: 'string' }], contains: { const: 1 } };
    expect(check(schema, [])).toHaveLength(1);
    expect(check(schema, ['a', 1])).toEqual([]);
  });

  it('and further members are, when the list of the first is empty', () => {
    const schema = {
      properties: { list: { prefixItems: [{}], items: { type: 'string' } } },
      minProperties: 2,
    };
    expect(check(schema, { list: [] })).toHaveLength(1);
    expect(check(schema, { list: [1, 2], b: 1 })).toHaveLength(1);
    expect(check(schema, { list: [1, 'a'], b: 1 })).toEqual([]);
  });

  it('what every object inherits is not there', () => {
    expect(check({ required: ['constructor'] }, {})).toHaveLength(1);
    expect(check({ properties: { toString: { type: 'string' } } }, {})).toEqual([]);
  });

  it.each([
    [[1, 1], 1],
    [[1, '1', true, 'true', null, 'null'], 0],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      1,
    ],
    [
      [
        [1, 2],
        [2, 1],
      ],
      0,
    ],
    [['__proto__', 'constructor'], 0],
    [[], 0],
  ])('uniqueItems of %j: %i', (list, faults) => {
    expect(check({ uniqueItems: true }, list)).toHaveLength(faults);
    expect(check({ uniqueItems: false }, list)).toEqual([]);
  });
});
