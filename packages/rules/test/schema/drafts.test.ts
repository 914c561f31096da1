import { describe, expect, it } from '@jest/globals';
import { createSchemaValidator } from '../../src/index.js';

const DRAFT_04 = 'http://json-schema.org/draft-04/schema#';
const DRAFT_06 = 'http://json-schema.org/draft-06/schema#';
const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';
const DRAFT_2019 = 'https://json-schema.org/draft/2019-09/schema';
const DRAFT_2020 = 'https://json-schema.org/draft/2020-12/schema';

const violationsOf = (schema: object, data: unknown) => createSchemaValidator()(JSON.stringify(schema), data);

/** Returns the errors of a schema that cannot be used. */
function errorsOf(schema: object): unknown {
  try {
    return violationsOf(schema, {});
  } catch (error) {
    return Object(error)['errors'];
  }
}

describe('the draft of a schema', () => {
  it.each([
    [DRAFT_04, { minimum: 5, exclusiveMinimum: true }, 6, 5],
    [DRAFT_06, { exclusiveMinimum: 5 }, 6, 5],
    [DRAFT_06, { propertyNames: { maxLength: 1 } }, { a: 1 }, { ab: 1 }],
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword; the object is never awaited
    [DRAFT_07, { if: { type: 'string' }, then: { minLength: 2 } }, 'ab', 'a'],
    [DRAFT_07, { items: [{ type: 'string' }], additionalItems: false }, ['a'], ['a', 'b']],
    [DRAFT_07, { dependencies: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
    [DRAFT_07, { definitions: { a: { type: 'string' } }, $ref: '#/definitions/a', maxLength: 1 }, 'ab', 1],
    [DRAFT_2019, { $defs: { a: { type: 'string' } }, $ref: '#/$defs/a', maxLength: 1 }, 'a', 'ab'],
    [DRAFT_2019, { items: [{ type: 'string' }], unevaluatedItems: false }, ['a'], ['a', 'b']],
    [
      DRAFT_2019,
      { properties: { a: { $recursiveRef: '#' } }, additionalProperties: false },
      { a: {} },
      { a: { b: 1 } },
    ],
    [DRAFT_2020, { prefixItems: [{ type: 'string' }] }, ['a'], [1]],
    [undefined, { prefixItems: [{ type: 'string' }] }, ['a'], [1]],
  ])('is the one in $schema: %s %j', ($schema, keywords, valid, invalid) => {
    const schema = { ...($schema && { $schema }), ...keywords };
    expect(violationsOf(schema, valid)).toEqual([]);
    expect(violationsOf(schema, invalid)).not.toEqual([]);
  });

  it.each([
    [
      { minimum: 5, exclusiveMinimum: true },
      { code: 'not_greater', message: 'must be > 5' },
    ],
    [
      { maximum: 5, exclusiveMaximum: true },
      { code: 'not_less', message: 'must be < 5' },
    ],
    [{ minimum: 6 }, { code: 'too_small', message: 'must be >= 6' }],
  ])('draft-04 says of %j that a bound is exclusive', (keywords, violation) => {
    expect(violationsOf({ $schema: DRAFT_04, ...keywords }, 5)).toMatchObject([violation]);
  });

  it.each([
    'http://json-schema.org/draft-07/schema',
    'https://json-schema.org/draft-07/schema#',
    'http://json-schema.org/draft/2020-12/schema#',
  ])('is also recognized as %s', ($schema) => {
    expect(violationsOf({ $schema, type: 'object' }, {})).toEqual([]);
  });

  it.each(['http://json-schema.org/draft-03/schema#', 'https://example.com/my-draft', '', 7])(
    'must be supported: %j',
    ($schema) => {
      expect(errorsOf({ $schema })).toMatchObject([
        {
          path: 'schema.$schema',
          message: expect.stringMatching(
            /^must be a supported draft: .*2020-12.*2019-09.*draft-07.*draft-06.*draft-04/,
          ),
        },
      ]);
    },
  );
});

describe('the errors of a schema name the keyword and its path', () => {
  it.each<[object, string, string]>([
    [{ type: 'nonsense' }, 'schema.type', 'must be equal to one of the allowed values: array, boolean'],
    [{ $schema: DRAFT_07, allOf: [{}, { minLength: '1' }] }, 'schema.allOf[1].minLength', 'must be integer'],
    [{ $schema: DRAFT_04, minimum: 1, exclusiveMinimum: 1 }, 'schema.exclusiveMinimum', 'must be boolean'],
    [
      { $schema: DRAFT_2019, properties: { 'a/b': { required: 'c' } } },
      'schema.properties.a/b.required',
      'must be array',
    ],
    [
      { properties: { a: { $ref: '#/$defs/none' } } },
      'schema.properties.a.$ref',
      'refers to #/$defs/none, which',
    ],
    [
      { items: { $ref: 'https://example.com/a.json' } },
      'schema.items.$ref',
      'refers to https://example.com/a.json, which',
    ],
    [{ $ref: DRAFT_2020 }, 'schema.$ref', `refers to ${DRAFT_2020}, which the schema does not contain`],
    [
      {
        $ref: '#/definitions/a',
        definitions: { a: { items: [{}, { pattern: '(?=a)b' }] } },
        $schema: DRAFT_07,
      },
      'schema.definitions.a.items[1].pattern',
      'has the pattern (?=a)b, which is not supported: ',
    ],
    [{ pattern: 'a'.repeat(513) }, 'schema.pattern', 'has a pattern of more than 512 characters'],
    [{ patternProperties: { '(?<!a)b': {} } }, 'schema.patternProperties', 'has the pattern (?<!a)b, which'],
    [{ $async: true }, 'schema.$async', 'is not supported'],
    [{ $id: 'a', $defs: { b: { $anchor: 'x' }, c: { $anchor: 'x' } } }, 'schema', 'cannot be used: '],
  ])('%j', (schema, path, message) => {
    expect(errorsOf(schema)).toMatchObject([{ path, message: expect.stringContaining(message) }]);
  });

  it('and all errors are reported', () => {
    expect(errorsOf({ minLength: -1, properties: { a: 1 } })).toMatchObject([
      { path: 'schema.properties.a', message: expect.stringContaining('must be') },
      { path: 'schema.minLength', message: 'must be >= 0' },
    ]);
  });
});

describe('multipleOf', () => {
  it.each([undefined, DRAFT_2019, DRAFT_07, DRAFT_06, DRAFT_04])('compares decimals: %s', ($schema) => {
    const schema = { $schema, multipleOf: 0.01 };
    expect(violationsOf(schema, 19.99)).toEqual([]);
    expect(violationsOf(schema, 19.995)).toMatchObject([
      { path: 'data', code: 'not_multiple', params: { step: 0.01 } },
    ]);
    expect(violationsOf(schema, '19.995')).toEqual([]);
  });
});
