import { type RouteDefinition, inputMessage } from '@posthorn/contract';
import { type FieldError, PosthornError } from '@posthorn/core';
import type { z } from 'zod';

export interface Input {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Validates the input of a request to `route`. @throws PosthornError if it is invalid */
export function parseInput(route: RouteDefinition, input: Input): Input {
  return {
    params: route.params && parseParams(route.params, input.params),
    query: route.query && parseOrThrow(route.query, input.query),
    body: route.body && parseOrThrow(route.body, input.body),
  };
}

/** Parses the path parameters. @throws PosthornError `not_found` if one is invalid: no resource has such an id */
function parseParams(schema: z.ZodType, params: unknown): unknown {
  const result = schema.safeParse(params);
  if (!result.success) throw new PosthornError('not_found');
  return result.data;
}

function parseOrThrow(schema: z.ZodType, input: unknown): unknown {
  const result = schema.safeParse(input, { error: inputMessage });
  if (!result.success) throw new PosthornError('invalid_input', { errors: fieldErrors(result.error) });
  return result.data;
}

/** Maximum number of errors in one response. */
const MAX_ERRORS = 100;

/** Returns one error per invalid field. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap(toFieldErrors).slice(0, MAX_ERRORS);
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'invalid_union') {
    // Of an alternative that only has wrong parts, the parts are more helpful.
    const meant = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
    if (meant)
      return meant.flatMap((part) => toFieldErrors({ ...part, path: [...issue.path, ...part.path] }));
  }
  if (issue.code !== 'unrecognized_keys') return [{ path: pathOf(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: 'is not a known field' }));
}

/** Maximum length of a reported path, which contains names sent by the client. */
const MAX_PATH_LENGTH = 200;

/** Formats a path: `['eventTypes', 0]` → `eventTypes[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    return before === '' ? String(part) : `${before}.${String(part)}`;
  }, '');
  return text.slice(0, MAX_PATH_LENGTH);
}
