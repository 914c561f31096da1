import type { RouteDefinition } from '@posthorn/contract';
import { type FieldError, PosthornError } from '@posthorn/core';
import type { z } from 'zod';

export interface Input {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Judges all that came with a request to `route`. */
export function parseInput(route: RouteDefinition, given: Input): Input {
  return {
    params: route.params && parseParams(route.params, given.params),
    query: route.query && parseOrThrow(route.query, given.query),
    body: route.body && parseOrThrow(route.body, given.body),
  };
}

/** A path that cannot name anything names nothing. */
function parseParams(schema: z.ZodType, params: unknown): unknown {
  const result = schema.safeParse(params);
  if (!result.success) throw new PosthornError('not_found');
  return result.data;
}

function parseOrThrow(schema: z.ZodType, input: unknown): unknown {
  const result = schema.safeParse(input);
  if (!result.success) throw new PosthornError('invalid_input', { errors: fieldErrors(result.error) });
  return result.data;
}

/** Most places that one answer points at. */
const MAX_ERRORS = 100;

/** What is wrong and where, a line for each place. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap(toFieldErrors).slice(0, MAX_ERRORS);
}

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: pathOf(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: 'is not known' }));
}

/** Longest path that is told: the names in it are whatever the client sent. */
const MAX_PATH_LENGTH = 200;

/** `['eventTypes', 0]` → `eventTypes[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    return before === '' ? String(part) : `${before}.${String(part)}`;
  }, '');
  return text.slice(0, MAX_PATH_LENGTH);
}
