import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FIELD_MESSAGES, type FieldError, fillIn } from '@posthorn/core';
import { z } from 'zod';
import { fieldErrors, REPORTED } from '../src/values/field-errors.js';
import { OPERATION_IDS, type RouteDefinition, ROUTES } from '../src/index.js';
import { rule } from '../src/values/rule.js';

const VALUES: unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  1.5,
  1e6,
  2 ** 60,
  '',
  ' a',
  'ä',
  '\0',
  'a b',
  '*',
  'x',
  '{nothing}',
  '{data}{data}',
  'x'.repeat(20_000),
  `${'x'.repeat(65)}@a.example`,
  [],
  Array.from({ length: 201 }, () => 'x'),
  {},
  { unknown: 1 },
  { ['__proto__']: 1, host: 'x', 'x-a': ' ', 'X-A': 'x'.repeat(2000), 'x y': 1 },
  Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, 'x'])),
];

/** Where the fields of the nested objects are. */
const NESTINGS: ((value: unknown) => unknown)[] = [
  (value) => value,
  (value) => [value],
  (value) => ({ limit: value, perSeconds: value }),
  (value) => ({ body: value, source: value, headers: value, signatures: value }),
  (value) => ({ body: { template: value }, headers: { id: value, fixed: value, timestampFormat: value } }),
  (value) => ({ signatures: [{ profile: 'stripe', algorithm: value, headerPrefix: value }] }),
  (value) => ({ signatures: [{ custom: { content: value, header: value, value, separator: value } }] }),
];

/** Returns the errors of wrong values of each field. */
function errorsOf(schema: z.ZodType): FieldError[] {
  const fields = 'shape' in schema ? Object.keys(schema.shape as object) : [];
  return [...fields, 'unknown'].flatMap((field) =>
    NESTINGS.flatMap((nest) =>
      VALUES.flatMap((value) => {
        const { error } = schema.safeParse({ [field]: nest(value) }, REPORTED);
        return error ? fieldErrors(error) : [];
      }),
    ),
  );
}

const routes = OPERATION_IDS.map((id): [string, RouteDefinition] => [id, ROUTES[id]]);

it.each(routes)('%s reports wrong values with codes whose messages have all values', (_id, route) => {
  const errors = [route.query, route.body].flatMap((schema) => (schema ? errorsOf(schema) : []));
  const wrong = errors.filter(
    ({ code, params, message }) =>
      code === 'invalid' || message !== fillIn(FIELD_MESSAGES[code], params) || message.includes('undefined'),
  );
  expect(wrong).toEqual([]);
});

const reported = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value, REPORTED);
  return error && fieldErrors(error);
};

describe('fieldErrors', () => {
  it('returns a missing field, whatever its schema says about other values', () => {
    const schema = z.strictObject({ a: z.string({ error: rule('not_time', { example: 'x' }) }) });
    expect(reported(schema, {})).toEqual([
      { path: 'a', code: 'required', params: {}, message: 'is required' },
    ]);
    expect(reported(schema, { a: 1 })).toMatchObject([{ path: 'a', code: 'not_time' }]);
  });

  it.each([
    [z.string().min(3), 'a', { code: 'too_short', params: { min: 3 } }],
    [z.string().min(1), '', { code: 'empty', params: {} }],
    [z.array(z.int()).max(1), [1, 2], { code: 'too_many_items', params: { max: 1 } }],
    [z.int().min(3), 1, { code: 'too_small', params: { limit: 3 } }],
    [z.enum(['a', 'b']), 'c', { code: 'one_of', params: { choices: 'a, b' } }],
    [z.literal('a'), 'c', { code: 'constant', params: { value: 'a' } }],
    [z.email(), 'c', { code: 'not_email', params: {} }],
    [z.null(), 'c', { code: 'type_mismatch', params: { types: 'null' } }],
  ])('maps an issue by its kind: %#', (schema, value, error) => {
    expect(reported(schema, value)).toMatchObject([error]);
  });

  it('returns the parts of the alternative that was meant', () => {
    const schema = z.object({ a: z.union([z.string(), z.strictObject({ b: z.int() })]) });
    expect(reported(schema, { a: { b: 'x' } })).toMatchObject([{ path: 'a.b', code: 'not_a_number' }]);
  });

  it('cuts off long paths and long lists', () => {
    const unknown = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`${'x'.repeat(300)}${index}`, 1]),
    );
    const errors = reported(z.strictObject({}), unknown);
    expect(errors).toHaveLength(100);
    expect(errors?.[0]?.path).toHaveLength(200);
    // Each wrong item is an issue of its own.
    const items = Array.from({ length: 300 }, () => 1);
    expect(reported(z.object({ a: z.array(z.string()) }), { a: items })).toHaveLength(100);
  });
});

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** What the API consists of. Settings of processes, the output of the CLI and the validator of JSON Schemas have other messages. */
const SOURCES = [
  'apps/admin-api/src',
  'packages/contract/src',
  'packages/core/src',
  'packages/rules/src/filter',
  'packages/fanout/src',
];

it.each(SOURCES)('%s has no messages about fields beside the table', (folder) => {
  const root = path.join(REPOSITORY, folder);
  const literals = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && path.basename(file) !== 'field-messages.ts')
    .flatMap((file) =>
      Array.from(
        readFileSync(path.join(root, file), 'utf8').matchAll(
          /(?:[:(,]|=>|=|return)\s*['"`](?:must|is|has) [^\n]*/g,
        ),
        ([literal]) => `${file} ${literal}`,
      ),
    );
  expect(literals).toEqual([]);
});
