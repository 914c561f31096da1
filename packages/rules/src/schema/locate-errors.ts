import { fieldError } from '@posthorn/core';
import { type Ajv, MissingRefError } from 'ajv';
import { wrapKeywords } from './keyword-code.js';
import { SchemaError } from './schema-error.js';
import { isStackOverflow } from './stack-overflow.js';

/** An error of one keyword, thrown while a schema is compiled. */
class KeywordError extends Error {
  readonly subschema: object;
  readonly keyword: string;

  constructor(cause: unknown, { subschema, keyword }: { subschema: object; keyword: string }) {
    super(messageOf(cause), { cause });
    this.subschema = subschema;
    this.keyword = keyword;
  }
}

/** Makes errors that are thrown while a schema is compiled remember their keyword. */
export function locateErrors(ajv: Ajv): void {
  wrapKeywords(ajv, (generate) => (context, ruleType) => {
    try {
      generate(context, ruleType);
    } catch (error) {
      if (error instanceof KeywordError) throw error;
      throw new KeywordError(error, { subschema: context.parentSchema, keyword: context.keyword });
    }
  });
}

/** Converts an error that was thrown while `schema` was compiled. */
export function toSchemaError(error: unknown, schema: object): SchemaError {
  if (error instanceof SchemaError) return error;
  const path = error instanceof KeywordError ? pathTo(error.subschema, schema, 'schema') : null;
  if (!(error instanceof KeywordError) || path === null) {
    return new SchemaError([fieldError('schema', 'schema_unusable', { reason: messageOf(error) })]);
  }
  return new SchemaError([
    fieldError(`${path}.${error.keyword}`, 'schema_syntax', { reason: error.message }),
  ]);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isStackOverflow(error)) return 'it is too large or nested too deeply';
  if (!(error instanceof MissingRefError)) return error.message;
  return `refers to ${error.missingRef}, which the schema does not contain`;
}

/** Returns the path of a subschema, or null if `value` does not contain it. */
function pathTo(subschema: object, value: unknown, path: string): string | null {
  if (value === subschema) return path;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = pathTo(subschema, inner, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}
