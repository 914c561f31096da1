import { type FieldError, fieldError } from '@posthorn/core';
import { z } from 'zod';

/** Joins the values of repeated parameters that take several: `?a=1&a=2` is `?a=1,2`. */
export function joinLists({ shape }: z.ZodObject, query: unknown): unknown {
  const parameters = Object.entries(Object(query));
  if (!parameters.some(([, value]) => Array.isArray(value))) return query;
  return Object.fromEntries(
    parameters.map(([name, value]) => [
      name,
      Array.isArray(value) && takesList(shape[name]) ? value.join(',') : value,
    ]),
  );
}

/** Returns an error for each parameter that is repeated. */
export const repeatedErrors = (query: unknown): FieldError[] =>
  Object.entries(Object(query)).flatMap(([path, value]) =>
    Array.isArray(value) ? [fieldError(path, 'repeated')] : [],
  );

/** Returns whether a schema parses a text to a list. */
function takesList(schema: unknown): boolean {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return takesList(schema.unwrap());
  return schema instanceof z.ZodPipe && schema.out instanceof z.ZodArray;
}
