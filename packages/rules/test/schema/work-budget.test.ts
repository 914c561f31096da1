import { describe, expect, it } from '@jest/globals';
import { createSchemaValidator } from '../../src/index.js';

/** CPU time well above the time of each case, and well below the time without a budget, on a slow machine. */
const MAX_CPU_MS = 10_000;

/** About the largest size of event data, in characters. */
const MAX_LENGTH = 250_000;

/** Returns the violations, or the error, and asserts that they take less than `MAX_CPU_MS`. */
function timed(schema: object, data: unknown) {
  const validate = createSchemaValidator();
  const text = JSON.stringify(schema);
  validate(text, null);
  const before = process.cpuUsage();
  let result: unknown;
  try {
    result = validate(text, data);
  } catch (error) {
    result = error;
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MAX_CPU_MS);
  return result;
}

const validateOnce = (schema: object, data: unknown) => createSchemaValidator()(JSON.stringify(schema), data);

const ofA = (schema: object) => ({ properties: { a: schema } });

describe('pattern', () => {
  it.each(['(a+)+$', '^(a|a)*$', '^(([a-z])+.)+[A-Z]([a-z])+$', 'a*a*a*a*a*b$', '(?:a?){15}b$'])(
    'matches %s in linear time',
    (pattern) => {
      expect(timed(ofA({ pattern }), { a: `${'a'.repeat(MAX_LENGTH)}!` })).toMatchObject([
        { path: 'data.a', code: 'pattern_mismatch', params: { pattern } },
      ]);
    },
  );

  it('matches property names in linear time', () => {
    const schema = { patternProperties: { '(a+)+$': false } };
    expect(timed(schema, { [`${'a'.repeat(MAX_LENGTH)}!`]: 1 })).toEqual([]);
  });

  it.each([
    ['lookahead', '(?=a)b'],
    ['lookbehind', '(?<=a)b'],
    ['backreferences', String.raw`(a)\1`],
    ['more than 512 characters', 'a'.repeat(513)],
    ['large repetitions', '(?:a{1000}b{1000}c{1000}){10}'],
  ])('rejects a schema that uses %s', (_name, pattern) => {
    expect(() => validateOnce({ pattern }, '')).toThrow();
  });

  it.each([
    [String.raw`^\d{4}-\d{2}$`, '2026-11', '2026-1'],
    [String.raw`^\p{Lu}\u0041\/$`, 'ÄA/', 'äA/'],
    ['^.$', '📯', 'ab'],
    ['^[^]$', '\n', ''],
    ['^(?<year>19|20)$', '19', '21'],
    ['a$', 'ba', 'a\n'],
  ])('%s has the same meaning as in JavaScript', (pattern, matching, violating) => {
    expect(validateOnce({ pattern }, matching)).toEqual([]);
    expect(validateOnce({ pattern }, violating)).toHaveLength(1);
  });

  it('keeps the patterns of a schema apart', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } };
    expect(validateOnce(schema, { a: 'a', b: 'b' })).toEqual([]);
  });
});

describe('work budget', () => {
  const EXCEEDED = expect.objectContaining({ message: 'validation exceeds the work limit' });
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, level) => {
      const below = { $ref: `#/$defs/d${level}` };
      return [`d${level + 1}`, { anyOf: [{ allOf: [below, { not: {} }] }, below] }];
    }),
  );

  it.each([
    ['references that double', { $defs: { d0: {}, ...doubling }, ...ofA({ $ref: '#/$defs/d40' }) }, 1],
    ['a pattern with many states', ofA({ pattern: '[ab]*a[ab]{400}cz*d' }), 'ab'.repeat(MAX_LENGTH / 2)],
    [
      'many enum values for many items',
      ofA({ items: { enum: Array.from({ length: 9000 }, (_, index) => `x${index}`) } }),
      Array.from({ length: MAX_LENGTH / 5 }, () => 'yy'),
    ],
    [
      'many branches for many items',
      ofA({ items: { anyOf: Array.from({ length: 1000 }, (_, index) => ({ const: index })) } }),
      Array.from({ length: MAX_LENGTH / 2 }, () => -1),
    ],
  ])('stops %s', (_name, schema, a) => {
    expect(timed(schema, { a })).toEqual(EXCEEDED);
  });

  it('is reset for each validation', () => {
    const validate = createSchemaValidator();
    const schema = JSON.stringify(ofA({ pattern: '[ab]*a[ab]{400}c' }));
    expect(() => validate(schema, { a: 'ab'.repeat(MAX_LENGTH / 2) })).toThrow('work limit');
    expect(validate(schema, { a: '' })).toHaveLength(1);
  });
});

describe('large but ordinary data', () => {
  it.each([
    ['a string', { pattern: '^[A-Za-z0-9+/=]*$' }, 'QUJD'.repeat(MAX_LENGTH / 4)],
    [
      'an array of objects',
      { uniqueItems: true },
      Array.from({ length: MAX_LENGTH / 10 }, (_, index) => ({ index })),
    ],
    [
      'an array of ids',
      { items: { type: 'string', format: 'uuid', minLength: 36 } },
      Array.from({ length: MAX_LENGTH / 39 }, () => '0197c0de-0000-7000-8000-000000000000'),
    ],
    [
      'an array of orders',
      {
        items: {
          $ref: '#/$defs/order',
        },
      },
      Array.from({ length: MAX_LENGTH / 40 }, (_, index) => ({
        id: `or_${index}`,
        amount: index,
        currency: 'eur',
      })),
    ],
  ])('validates %s', (_name, schema, a) => {
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

  it('validates URLs by parsing them', () => {
    expect(timed(ofA({ format: 'url' }), { a: `http://${':'.repeat(MAX_LENGTH)}` })).toHaveLength(1);
    expect(timed(ofA({ format: 'url' }), { a: 'https://example.com/a' })).toEqual([]);
    expect(timed(ofA({ format: 'url' }), { a: 'mailto:a@example.com' })).toHaveLength(1);
  });
});

describe('JSON Schema semantics that Ajv alone violates', () => {
  it('applies the keywords beside prefixItems to an empty array', () => {
    const schema = { prefixItems: [{ type: 'string' }], contains: { const: 1 } };
    expect(validateOnce(schema, [])).toHaveLength(1);
    expect(validateOnce(schema, ['a', 1])).toEqual([]);
  });

  it('applies further keywords when the array of a property is empty', () => {
    const schema = {
      properties: { list: { prefixItems: [{}], items: { type: 'string' } } },
      minProperties: 2,
    };
    expect(validateOnce(schema, { list: [] })).toHaveLength(1);
    expect(validateOnce(schema, { list: [1, 2], b: 1 })).toHaveLength(1);
    expect(validateOnce(schema, { list: [1, 'a'], b: 1 })).toEqual([]);
  });

  it('ignores inherited properties', () => {
    expect(validateOnce({ required: ['constructor'] }, {})).toHaveLength(1);
    expect(validateOnce({ properties: { toString: { type: 'string' } } }, {})).toEqual([]);
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
  ])('uniqueItems of %j: %i violations', (items, violations) => {
    expect(validateOnce({ uniqueItems: true }, items)).toHaveLength(violations);
    expect(validateOnce({ uniqueItems: false }, items)).toEqual([]);
  });
});
