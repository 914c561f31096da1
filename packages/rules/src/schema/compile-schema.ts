import { isJsonObject } from '@posthorn/contract';
import { fieldError } from '@posthorn/core';
import type { ValidateFunction } from 'ajv';
import { checkSyntax } from './check-syntax.js';
import { createCompiler } from './create-compiler.js';
import { draftOf } from './drafts.js';
import { toSchemaError } from './locate-errors.js';
import { SchemaError } from './schema-error.js';
import type { WorkBudget } from './work-budget.js';

/**
 * Compiles a schema to a function whose work is charged to the budget.
 * @throws SchemaError
 */
export function compileSchema(schema: unknown, budget: WorkBudget): ValidateFunction {
  if (!isJsonObject(schema)) throw new SchemaError([fieldError('schema', 'not_an_object')]);
  // Ajv returns a promise for such a schema. It is truthy, so every event would pass.
  if ('$async' in schema) throw new SchemaError([fieldError('schema.$async', 'schema_keyword')]);
  const draft = draftOf(schema);
  try {
    checkSyntax(schema, draft);
    // One compiler for each schema, so that schemas with the same `$id` do not clash.
    return createCompiler(draft, budget, { meta: false }).compile(schema);
  } catch (error) {
    throw toSchemaError(error, schema);
  }
}
