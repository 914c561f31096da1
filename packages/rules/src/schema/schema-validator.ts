import { type FieldError, parseUrl } from '@posthorn/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import { patternMaker } from './linear-regex.js';
import { countWork, createWork, type Work } from './work-budget.js';
import { uniqueItems } from './unique-items.js';

/** What is wrong with `data`, a line for each place; empty when it fits. The schema is JSON text. */
export type SchemaValidator = (schema: string, data: unknown) => FieldError[];

/** Compiled schemas kept at the same time. */
const KEPT = 500;

/** Most faults that are told of one event. */
const MAX_ERRORS = 100;

/** Judges schemas. Made ready by the first one, which takes longer than any schema. */
const metaschema = new Ajv2020({ strict: false, logger: false });
addFormats.default(metaschema);

/**
 * Checks event data against JSON Schemas (draft 2020-12), in bounded time. Compiled schemas are kept under their own text,
 * so that a changed schema is simply another one.
 * @throws Error when the schema itself is not valid, or takes too much work for this data
 */
export function createSchemaValidator(): SchemaValidator {
  const compiled = new LRUCache<string, ValidateFunction>({ max: KEPT });
  const work = createWork();

  function compile(text: string): ValidateFunction {
    const kept = compiled.get(text);
    if (kept) return kept;
    const schema = JSON.parse(text);
    // Such a schema answers with a promise, which would let everything pass.
    if ('$async' in schema) throw new TypeError('a schema may not be $async');
    void metaschema.validateSchema(schema, true);
    const validate = newAjv(work).compile(schema);
    compiled.set(text, validate);
    return validate;
  }

  return (schema, data) => {
    const validate = compile(schema);
    work.begin();
    if (validate(data)) return [];
    return (validate.errors ?? []).slice(0, MAX_ERRORS).map((error) => ({
      path: `data${error.instancePath.replaceAll('/', '.')}`,
      message: error.message ?? 'is not valid',
    }));
  };
}

/**
 * One compiler for each schema: two schemas with the same `$id` do not meet. With `allErrors`, for without it an empty
 * list skips all that stands after `prefixItems`.
 */
function newAjv(work: Work): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    meta: false,
    validateSchema: false,
    allErrors: true,
    ownProperties: true,
    inlineRefs: false,
    logger: false,
    code: { optimize: false, regExp: Object.assign(patternMaker(work), { code: '' }) },
  });
  addFormats.default(ajv);
  // The expression that ajv-formats has for it goes back a lot on a long text.
  ajv.addFormat('url', (text) => /^(?:https?|ftp):$/.test(parseUrl(text)?.protocol ?? ''));
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword(uniqueItems(work));
  countWork(ajv, work);
  return ajv;
}
