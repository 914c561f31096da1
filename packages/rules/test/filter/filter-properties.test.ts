import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { checkFilter, compileFilter } from '../../src/index.js';
import type { FilterObject, FilterSchema, Scalar } from '../../src/filter/filter-schema.js';

// Few names and values, so that filters often apply to the data. Without the empty name, which Ajv ignores in
// `dependentRequired`.
const name = fc.constantFrom('a', 'b', 'constructor');
const names = fc.uniqueArray(name, { maxLength: 3 });
const text = fc.constantFrom('', 'a', 'ab', 'b9', '📯', '\ud83d', 'a📯b');
const number = fc.constantFrom(-1, -0, 0, 0.5, 1, 2, 3, 10);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const count = fc.nat(3);
const typeName = fc.constantFrom('null', 'boolean', 'object', 'array', 'number', 'integer', 'string');

const { schema } = fc.letrec<{ schema: FilterSchema; object: FilterObject }>((tie) => {
  const subschema = tie('schema');
  const list = fc.array(subschema, { minLength: 1, maxLength: 3 });
  return {
    schema: fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.boolean(), tie('object')),
    object: fc
      .record(
        {
          title: text,
          type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 })),
          const: scalar,
          enum: fc.uniqueArray(scalar, { minLength: 1, maxLength: 4, comparator: 'SameValueZero' }),
          minimum: number,
          maximum: number,
          exclusiveMinimum: number,
          exclusiveMaximum: number,
          multipleOf: fc.constantFrom(0.5, 1, 2),
          minLength: count,
          maxLength: count,
          pattern: fc.constantFrom('', 'a', '^a', 'b$', '.', '^..$', '[ab]', '[^a]', '\\d'),
          properties: fc.dictionary(name, subschema, { maxKeys: 2 }),
          required: names,
          dependentRequired: fc.dictionary(name, names, { maxKeys: 2 }),
          additionalProperties: subschema,
          minProperties: count,
          maxProperties: count,
          prefixItems: list,
          items: subschema,
          contains: subschema,
          minContains: count,
          maxContains: count,
          minItems: count,
          maxItems: count,
          allOf: list,
          anyOf: list,
          oneOf: list,
          not: subschema,
          if: subschema,
          // oxlint-disable-next-line unicorn/no-thenable -- a keyword; the object is never awaited
          then: subschema,
          else: subschema,
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      // A few keywords at a time find more than all of them together.
      .chain((all) =>
        fc
          .subarray(Object.entries(all), { maxLength: 4 })
          .map((kept) => Object.fromEntries(kept) as FilterObject),
      ),
  };
});

const { data } = fc.letrec<{ data: unknown }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.dictionary(name, tie('data'), { maxKeys: 3, noNullPrototype: true }),
    fc.array(tie('data'), { maxLength: 3 }),
  ),
}));

// `ownProperties` ignores inherited properties, as JSON Schema requires. Without `allErrors`, Ajv skips the keywords after
// `prefixItems` when the array is empty.
const ajv = new Ajv2020({
  strict: false,
  validateSchema: false,
  ownProperties: true,
  allErrors: true,
  logger: false,
});

/** Compiles the filter with Ajv. */
function compileWithAjv(filter: FilterSchema): (value: unknown) => boolean {
  const validate = ajv.compile(filter);
  return (value) => validate(value);
}

describe('every filter', () => {
  it('agrees with Ajv, and reports a violation of everything else', () => {
    let [valid, matching] = [0, 0];
    fc.assert(
      fc.property(schema, fc.array(data, { minLength: 4, maxLength: 4 }), (filter, values) => {
        if (checkFilter(filter).length > 0) return;
        valid += 1;
        const { matches, violation } = compileFilter(filter);
        const ajvMatches = compileWithAjv(filter);
        for (const value of values) {
          const expected = ajvMatches(value);
          matching += Number(expected);
          expect(matches(value)).toBe(expected);
          const found = violation(value);
          if (expected) expect(found).toBeNull();
          else
            expect(found).toMatchObject({ path: expect.stringMatching(/^data/), code: expect.any(String) });
        }
      }),
      { numRuns: 500 },
    );
    // Guards the arbitraries: most filters must be valid, and both results must be common.
    expect(valid).toBeGreaterThan(300);
    expect(matching / valid / 4).toBeGreaterThan(0.1);
    expect(matching / valid / 4).toBeLessThan(0.9);
  });
});

describe('every JSON value', () => {
  it('is accepted or rejected as a filter without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (filter, value) => {
        expect(Array.isArray(checkFilter(filter))).toBe(true);
        expect(typeof compileFilter(filter).matches(value)).toBe('boolean');
      }),
    );
  });

  it('is a JSON Schema if it is a valid filter', () => {
    fc.assert(
      fc.property(schema, (filter) => {
        if (checkFilter(filter).length === 0) expect(ajv.validateSchema(filter)).toBe(true);
      }),
    );
  });

  it('is rejected as a pattern unless it matches a fixed length', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '*',
      '+',
      '?',
      '{2}',
      '(',
      ')',
      '|',
      '[',
      ']',
      '^',
      '$',
      '\\',
      'd',
      '-',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(fc.constantFrom('a', 'd', '1', '-', '[')),
        (pieces, characters) => {
          const pattern = pieces.join('');
          if (checkFilter({ pattern }).length > 0) return;
          const [match] = new RegExp(pattern, 'u').exec(characters.join('')) ?? [];
          if (match === undefined) return;
          const other = new RegExp(pattern.replace(/^\^|(?<!\\)\$$/g, ''), 'uy');
          expect(other.exec(`${match}a`)?.[0]).toHaveLength(match.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
