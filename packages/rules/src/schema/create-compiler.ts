import { parseUrl } from '@posthorn/core';
import type { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Draft } from './drafts.js';
import { createRegexCompiler } from './linear-regex.js';
import { locateErrors } from './locate-errors.js';
import { multipleOf } from './multiple-of.js';
import { uniqueItems } from './unique-items.js';
import { chargeKeywords, type WorkBudget } from './work-budget.js';

/** Creates a compiler of schemas of one draft. `meta` adds its metaschema, which the schemas can then refer to. */
export function createCompiler(draft: Draft, budget: WorkBudget, { meta }: { meta: boolean }): Ajv {
  const ajv = draft.createAjv({
    strict: false,
    meta,
    validateSchema: false,
    // Without it, Ajv skips all keywords after `prefixItems` when the array is empty.
    allErrors: true,
    ownProperties: true,
    inlineRefs: false,
    logger: false,
    code: { optimize: false, regExp: Object.assign(createRegexCompiler(budget), { code: '' }) },
  });
  addFormats.default(ajv);
  // The regular expression of ajv-formats backtracks heavily on long strings.
  ajv.addFormat('url', (text) => /^(?:https?|ftp):$/.test(parseUrl(text)?.protocol ?? ''));
  for (const keyword of [uniqueItems(budget), multipleOf(budget)]) {
    ajv.removeKeyword(String(keyword.keyword)).addKeyword(keyword);
  }
  chargeKeywords(ajv, budget);
  locateErrors(ajv);
  return ajv;
}
