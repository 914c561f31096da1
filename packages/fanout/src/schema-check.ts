import type { FieldError } from '@posthorn/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';

/** What is wrong with `data`, a line for each place; empty when it fits. The schema is JSON text. */
export type SchemaCheck = (schema: string, data: unknown) => FieldError[];

/** Compiled schemas kept at the same time. */
const KEPT = 500;

/**
 * Checks event data against JSON Schemas (draft 2020-12). Compiled schemas are kept under their own text, so that a
 * changed schema is simply another one.
 * @throws Error when the schema itself is not valid
 */
export function createSchemaCheck(): SchemaCheck {
  const compiled = new LRUCache<string, ValidateFunction>({ max: KEPT });

  function compile(text: string): ValidateFunction {
    const kept = compiled.get(text);
    if (kept) return kept;
    const schema = JSON.parse(text);
    // Such a schema answers with a promise, which would let everything pass.
    if ('$async' in schema) throw new TypeError('a schema may not be $async');
    const validate = newAjv().compile(schema);
    compiled.set(text, validate);
    return validate;
  }

  return (schema, data) => {
    const validate = compile(schema);
    if (validate(data)) return [];
    return (validate.errors ?? []).map((error) => ({
      path: `data${error.instancePath.replaceAll('/', '.')}`,
      message: error.message ?? 'is not valid',
    }));
  };
}

/** One compiler for each schema: two schemas with the same `$id` do not meet. */
function newAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormats.default(ajv);
  return ajv;
}
