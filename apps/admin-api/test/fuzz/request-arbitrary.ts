import * as fc from 'fast-check';
import type { Operation } from './contract.js';
import { arbitraryOf, oddJson, oddText, type Schema } from './schema-arbitrary.js';

export interface FuzzedRequest {
  path: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | undefined;
}

/** Characters that a client can send in a header. */
const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
});

/** Generates requests to one operation: mostly plausible, some nonsensical. */
export function requestOf(
  { path, parameters, requestBody }: Operation,
  resolve: (reference: string) => Schema,
  known: fc.Arbitrary<string>,
): fc.Arbitrary<FuzzedRequest> {
  const names = parameters.filter((one) => one.in === 'path').map((one) => one.name);
  const queries = parameters.filter((one) => one.in === 'query');
  const body = requestBody?.content?.['application/json']?.schema;
  return fc
    .record({
      segments: fc.tuple(...names.map(() => segment(known))),
      query: query(queries.map((one) => [one.name, arbitraryOf(one.schema, resolve, known)])),
      headers: headers(),
      body: body
        ? bodyText(arbitraryOf(body, resolve, known))
        : fc.option(fc.constant('{}'), { nil: undefined }),
    })
    .map(({ segments, query: search, headers: given, body: sent }) => {
      const filled = names.reduce(
        (text, name, index) => text.replace(`{${name}}`, segments[index] ?? ''),
        path,
      );
      const type: Record<string, string> = sent === undefined ? {} : { 'content-type': 'application/json' };
      return { path: filled + search, headers: { ...type, ...given }, body: sent };
    });
}

/** Generates path segments, including `%` and invalid UTF-8, but not `.` and `..`, which the client removes. */
function segment(known: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const encoded = oddText
    .map((text) => (!/\p{Surrogate}/u.test(text) ? encodeURIComponent(text.slice(0, 500)) : '%ff'))
    .filter((text) => !['', '.', '..'].includes(text));
  return fc.oneof({ weight: 9, arbitrary: known }, { weight: 1, arbitrary: encoded });
}

function query(parameters: [name: string, value: fc.Arbitrary<unknown>][]): fc.Arbitrary<string> {
  const values = fc.record(Object.fromEntries(parameters), { requiredKeys: [] });
  const odd = fc.array(fc.tuple(oddText, oddText), { maxLength: 3 });
  return fc
    .tuple(values, fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: odd }))
    .map(([given, more]) => {
      const pairs = [...Object.entries(given), ...more].map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]);
      return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
    });
}

function headers(): fc.Arbitrary<Record<string, string>> {
  const odd = fc.record(
    {
      'idempotency-key': fc.oneof(fc.constantFrom('one', 'two'), headerText),
      'content-type': fc.oneof(headerText, fc.constantFrom('text/plain', 'application/json; charset=utf-16')),
      'content-encoding': fc.constantFrom('gzip', 'identity', 'x'),
      'x-request-id': headerText,
      accept: headerText,
    },
    { requiredKeys: [] },
  );
  return fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: odd });
}

function bodyText(value: fc.Arbitrary<unknown>): fc.Arbitrary<string | Uint8Array<ArrayBuffer> | undefined> {
  return fc.oneof(
    { weight: 16, arbitrary: jsonText(value) },
    { weight: 2, arbitrary: jsonText(oddJson) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map((bytes) => new Uint8Array(bytes)) },
    { weight: 1, arbitrary: fc.string().map((text) => `{"a":${text}`) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

function jsonText(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return value.map((one) => JSON.stringify(one) ?? 'null');
}
