import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { errorCodesOf, OPERATION_IDS, type RouteDefinition, ROUTES, inputMessage } from '@posthorn/contract';
import type { z } from 'zod';
import { PORTAL_TITLES } from '../src/api/problem-texts.js';
import { API_TEXTS, findApiText } from '../src/i18n/api-texts.js';

/** The most that a portal link may do. */
const SCOPES = new Set([
  'webhooks:read',
  'webhooks:write',
  'events:read',
  'deliveries:read',
  'deliveries:write',
  null,
]);

const routes = OPERATION_IDS.map((id): [string, RouteDefinition] => [id, ROUTES[id]]).filter(
  ([, { tenancy, scope }]) => tenancy !== 'all' && [scope].flat().some((each) => SCOPES.has(each)),
);

/** The languages have all texts and titles: languages.test.ts. */
describe.each(routes)('%s', (_id, route) => {
  it('returns only errors whose title is translated', () => {
    expect(errorCodesOf(route).filter((code) => !Object.hasOwn(PORTAL_TITLES, code))).toEqual([]);
  });

  it('returns only messages about fields that are translated', () => {
    const messages = [route.query, route.body].flatMap((schema) => (schema ? messagesOf(schema) : []));
    expect([...new Set(messages)].filter((message) => findApiText(message) === null)).toEqual([]);
  });
});

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
  Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x-${index}`, 'x'])),
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

/** Returns the messages about wrong values of each field. */
function messagesOf(schema: z.ZodType): string[] {
  const fields = 'shape' in schema ? Object.keys(schema.shape as object) : [];
  return [...fields, 'unknown'].flatMap((field) =>
    NESTINGS.flatMap((nest) =>
      VALUES.flatMap((value) => {
        const { error } = schema.safeParse({ [field]: nest(value) }, { error: inputMessage });
        return error?.issues.flatMap(textsOf) ?? [];
      }),
    ),
  );
}

/** Agrees with `fieldErrors` of the API. */
function textsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return ['is not a known field'];
  return [issue.message, ...(issue.code === 'invalid_union' ? issue.errors.flat().flatMap(textsOf) : [])];
}

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

const LITERAL = /(['`])((?:must|is|has|costs|another|The|Port)\b[^\n]*?)\1(?=[,;)}\s])/g;

it.each([
  'packages/outbound/src/check-url.ts',
  'packages/rules/src/filter/check-filter.ts',
  'packages/rules/src/filter/keyword-values.ts',
  'packages/rules/src/filter/pattern-error.ts',
  'packages/core/src/format/body-template.ts',
  'packages/core/src/format/format-problems.ts',
  'packages/contract/src/http/webhook-headers.ts',
])('the messages of %s are translated', (file) => {
  const code = readFileSync(path.join(REPOSITORY, file), 'utf8');
  const messages = Array.from(code.matchAll(LITERAL), ([, , literal = '']) =>
    literal.replaceAll(/\$\{[^}]*\}/g, 'x'),
  );
  expect(messages).not.toEqual([]);
  expect(messages.filter((message) => findApiText(message) === null)).toEqual([]);
});

it('no text names this product', () => {
  expect(API_TEXTS.filter((text) => /posthorn/i.test(text))).toEqual([]);
});

describe('findApiText', () => {
  it('returns the values', () => {
    expect(findApiText('Port 81 is not allowed. Allowed ports: 443, 8443')).toEqual({
      key: 'Port {{port}} is not allowed. Allowed ports: {{ports}}',
      values: { port: '81', ports: '443, 8443' },
    });
    expect(
      findApiText('{{host}} (.*)\n is not on the public internet and not an allowed destination'),
    ).toEqual(expect.objectContaining({ values: { host: '{{host}} (.*)\n' } }));
  });

  it('returns null for unknown texts', () => {
    expect(findApiText('Port 81 is closed')).toBeNull();
    expect(findApiText('')).toBeNull();
  });

  it.each(API_TEXTS)('finds %j before another key', (text) => {
    expect(findApiText(text.replaceAll(/\{\{\w+\}\}/g, '7'))?.key).toBe(text);
  });
});
