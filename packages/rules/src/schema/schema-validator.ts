import { type FieldError, parseUrl } from '@posthorn/core';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { LRUCache } from 'lru-cache';
import { createRegexCompiler } from './linear-regex.js';
import { uniqueItems } from './unique-items.js';
import { chargeKeywords, createWorkBudget, type WorkBudget } from './work-budget.js';

/** Returns the violations of a schema, which is JSON text, by event data. Empty when the data is valid. */
export type SchemaValidator = (schema: string, data: unknown) => FieldError[];

const MAX_CACHED_SCHEMAS = 500;

/** Most violations reported for one event. */
const MAX_VIOLATIONS = 100;

/** Validates schemas. Its first use compiles the metaschema, which takes longer than any schema. */
const metaschema = new Ajv2020({ strict: false, logger: false });
addFormats.default(metaschema);

/**
 * Creates a validator of event data against JSON Schemas (draft 2020-12) that runs in bounded time. Compiled schemas are
 * cached by their text, so a changed schema is compiled again.
 * @throws Error when the schema is invalid, or validation exceeds the work limit
 */
export function createSchemaValidator(): SchemaValidator {
  const cache = new LRUCache<string, ValidateFunction>({ max: MAX_CACHED_SCHEMAS });
  const budget = createWorkBudget();

  function compile(text: string): ValidateFunction {
    const cached = cache.get(text);
    if (cached) return cached;
    const schema = JSON.parse(text);
    // Ajv returns a promise for such a schema. It is truthy, so every event would pass.
    if ('$async' in schema) throw new TypeError('$async is not supported');
    void metaschema.validateSchema(schema, true);
    const validate = newAjv(budget).compile(schema);
    cache.set(text, validate);
    return validate;
  }

  return (schema, data) => {
    const validate = compile(schema);
    budget.reset();
    if (validate(data)) return [];
    return (validate.errors ?? []).slice(0, MAX_VIOLATIONS).map((error) => ({
      path: `data${error.instancePath.replaceAll('/', '.')}`,
      message: error.message ?? 'is not valid',
    }));
  };
}

/**
 * Creates a compiler for one schema, so that schemas with the same `$id` do not clash. `allErrors` is required: without
 * it, Ajv skips all keywords after `prefixItems` when the array is empty.
 */
function newAjv(budget: WorkBudget): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    meta: false,
    validateSchema: false,
    allErrors: true,
    ownProperties: true,
    inlineRefs: false,
    logger: false,
    code: { optimize: false, regExp: Object.assign(createRegexCompiler(budget), { code: '' }) },
  });
  addFormats.default(ajv);
  // The regular expression of ajv-formats backtracks heavily on long strings.
  ajv.addFormat('url', (text) => /^(?:https?|ftp):$/.test(parseUrl(text)?.protocol ?? ''));
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword(uniqueItems(budget));
  chargeKeywords(ajv, budget);
  return ajv;
}
