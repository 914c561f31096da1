import { fieldErrors, REPORTED, type RouteDefinition } from '@posthorn/contract';
import { type FieldError, PosthornError } from '@posthorn/core';
import type { z } from 'zod';
import { joinLists, repeatedErrors } from './repeated-parameters.js';

export interface Input {
  params: unknown;
  query: unknown;
  body: unknown;
}

/**
 * Validates the input of a request to `route`.
 * @param found errors that were found before
 * @throws PosthornError with all errors if it is invalid
 */
export function parseInput(route: RouteDefinition, input: Input, found: readonly FieldError[] = []): Input {
  const params = route.params && parseParams(route, input.params);
  const errors = [...found];
  const query = route.query && parseQuery(route.query, input.query, errors);
  const body = route.body && parsePart(route.body, input.body, errors);
  if (errors.length > 0) throw new PosthornError(codeOf(errors), { errors });
  return { params, query, body };
}

/** Parses the path parameters. @throws PosthornError `not_found` if one is invalid: no resource has such an id */
function parseParams({ params: schema, paramsHint }: RouteDefinition, params: unknown): unknown {
  const result = schema?.safeParse(params);
  if (!result?.success) throw new PosthornError('not_found', { detail: paramsHint });
  return result.data;
}

function parseQuery(schema: z.ZodObject, query: unknown, errors: FieldError[]): unknown {
  const joined = joinLists(schema, query);
  errors.push(...repeatedErrors(joined));
  return parsePart(schema, joined, errors);
}

/** Adds the errors of an invalid part to `errors`. */
function parsePart(schema: z.ZodType, input: unknown, errors: FieldError[]): unknown {
  const result = schema.safeParse(input, REPORTED);
  if (result.success) return result.data;
  const known = new Set(errors.map(({ path }) => path));
  errors.push(...fieldErrors(result.error).filter(({ path }) => !known.has(path)));
  return undefined;
}

/** Returns the code of a problem with these errors. */
const codeOf = (errors: readonly FieldError[]) =>
  errors.every(({ code }) => code === 'url_not_allowed') ? 'url_not_allowed' : 'invalid_input';
