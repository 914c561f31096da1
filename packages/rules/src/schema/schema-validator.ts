import { errorAt, type FieldError } from '@posthorn/core';
import type { ValidateFunction } from 'ajv';
import { LRUCache } from 'lru-cache';
import { compileSchema } from './compile-schema.js';
import { isStackOverflow } from './stack-overflow.js';
import { violation } from './violation.js';
import { createWorkBudget } from './work-budget.js';

/** Returns the violations of a schema, which is JSON text, by event data. Empty when the data is valid. */
export type SchemaValidator = (schema: string, data: unknown) => FieldError[];

const MAX_CACHED_SCHEMAS = 500;

/** Maximum number of violations reported for one event. */
const MAX_VIOLATIONS = 100;

/**
 * Creates a validator of event data against JSON Schemas that runs in bounded time. A schema names its draft in `$schema`;
 * the default is 2020-12. Compiled schemas are cached by their text, so a changed schema is compiled again.
 * @throws SchemaError when the schema cannot be used
 * @throws RangeError when validation exceeds the work limit or the stack
 */
export function createSchemaValidator(): SchemaValidator {
  const cache = new LRUCache<string, ValidateFunction>({ max: MAX_CACHED_SCHEMAS });
  const budget = createWorkBudget();

  function compile(text: string): ValidateFunction {
    const cached = cache.get(text);
    if (cached) return cached;
    const validate = compileSchema(JSON.parse(text), budget);
    cache.set(text, validate);
    return validate;
  }

  return (schema, data) => {
    const validate = compile(schema);
    budget.reset();
    if (isValid(validate, data)) return [];
    return (validate.errors ?? [])
      .slice(0, MAX_VIOLATIONS)
      .map((error) => errorAt(`data${error.instancePath.replaceAll('/', '.')}`, violation(error)));
  };
}

function isValid(validate: ValidateFunction, data: unknown): boolean {
  try {
    return validate(data);
  } catch (error) {
    if (isStackOverflow(error)) throw new RangeError('references are nested too deeply', { cause: error });
    throw error;
  }
}
