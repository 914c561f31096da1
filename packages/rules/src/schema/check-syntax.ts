import { type FieldError, fieldError } from '@posthorn/core';
import type { Ajv, ErrorObject } from 'ajv';
import { createCompiler } from './create-compiler.js';
import type { Draft } from './drafts.js';
import { SchemaError } from './schema-error.js';
import { createWorkBudget } from './work-budget.js';

/** One budget for all checks: they run one after the other. */
const budget = createWorkBudget();

/** Compilers with compiled metaschemas. Compiling one takes longer than compiling most schemas. */
const compilers = new Map<Draft, Ajv>();

/** @throws SchemaError when the metaschema of the draft does not allow the schema */
export function checkSyntax(schema: object, draft: Draft): void {
  const ajv = compilers.get(draft) ?? createCompiler(draft, budget, { meta: true });
  compilers.set(draft, ajv);
  budget.reset();
  if (ajv.validate(draft.uri, schema)) return;
  const errors = (ajv.errors ?? []).map((error) => toFieldError(error, schema));
  throw new SchemaError(errors.filter((error, index) => isMostSpecific(error, index, errors)));
}

/** If no alternative of a keyword matches, Ajv reports the errors of all of them. The deepest, and then the first, says most. */
function isMostSpecific({ path }: FieldError, index: number, errors: readonly FieldError[]): boolean {
  const isFirst = errors.findIndex((other) => other.path === path) === index;
  return (
    isFirst && !errors.some((other) => other.path.startsWith(`${path}.`) || other.path.startsWith(`${path}[`))
  );
}

function toFieldError(
  { instancePath, message = 'is not valid', params }: ErrorObject,
  schema: object,
): FieldError {
  const allowed = Array.isArray(params['allowedValues']) ? `: ${params['allowedValues'].join(', ')}` : '';
  return fieldError(pathAt(instancePath, schema), 'schema_syntax', { reason: message + allowed });
}

/** Converts a JSON pointer into a schema: `/allOf/0/type` → `schema.allOf[0].type`. */
function pathAt(pointer: string, schema: unknown): string {
  let [path, value] = ['schema', schema];
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    path += Array.isArray(value) ? `[${key}]` : `.${key}`;
    value = Object(value)[key];
  }
  return path;
}
