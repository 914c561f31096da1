import * as fc from 'fast-check';

/** A JSON Schema of the OpenAPI document, or a part of one. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  minLength?: number;
  pattern?: string;
  format?: string;
}

/** Unexpected text. */
export const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    '\0',
    '\ud83d',
    'null',
    '__proto__',
    'constructor',
    '%00',
    '../..',
    "' OR 1=1 --",
    'a'.repeat(5000),
  ),
);

/** Unexpected JSON: deep nesting, large numbers, prototype names. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }),
  oddText,
  fc.constantFrom(-0, 1e308, -1, 0.5, Number.MAX_SAFE_INTEGER + 2, [], {}, null, true),
  fc.constant(JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":null},"toString":1}')),
  fc.nat(200).map((depth) => nested(depth)),
);

function nested(depth: number): unknown {
  return depth === 0 ? 1 : { a: [nested(depth - 1)] };
}

/** Generates values that mostly match a schema. `known` are strings with a meaning for the server, such as existing ids. */
export function arbitraryOf(
  schema: Schema,
  resolve: (reference: string) => Schema,
  known: fc.Arbitrary<string>,
) {
  const of = (one: Schema): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 9, arbitrary: fitting(one) }, { weight: 1, arbitrary: oddJson });

  function fitting(one: Schema): fc.Arbitrary<unknown> {
    if (one.$ref !== undefined) return fitting(resolve(one.$ref));
    if ('const' in one) return fc.constant(one.const);
    if (one.enum) return fc.constantFrom(...one.enum);
    const choices = one.anyOf ?? one.oneOf;
    if (choices) return fc.oneof(...choices.map(fitting));
    const types = [one.type ?? 'anything'].flat();
    return fc.oneof(...types.map((type) => ofType(type, one)));
  }

  function ofType(type: string, one: Schema): fc.Arbitrary<unknown> {
    switch (type) {
      case 'object':
        return object(one);
      case 'array':
        return fc.array(of(one.items ?? {}), { minLength: one.minItems ?? 0, maxLength: 5 });
      case 'string':
        return string(one);
      case 'integer':
        return fc.integer({ min: one.minimum ?? -10, max: one.maximum ?? 1000 });
      case 'number':
        return fc.double({ noNaN: true, noDefaultInfinity: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      default:
        return oddJson;
    }
  }

  function object({ properties, required = [] }: Schema): fc.Arbitrary<unknown> {
    if (!properties) return fc.dictionary(fc.string(), oddJson, { maxKeys: 4 });
    const members = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, of(inner)]));
    const requiredKeys = required.filter((name) => name in members);
    return fc.oneof(
      { weight: 9, arbitrary: fc.record(members, { requiredKeys }) },
      {
        weight: 1,
        arbitrary: fc.record({ ...members, unknown: oddJson }, { requiredKeys: [] }),
      },
    );
  }

  function string({ pattern, format, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<unknown> {
    if (format === 'date-time') {
      return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    }
    const plain = pattern
      ? fc.stringMatching(new RegExp(pattern, 'u'))
      : fc.string({ minLength, maxLength: Math.min(maxLength, 40) });
    return fc.oneof(plain, known);
  }

  return of(schema);
}
