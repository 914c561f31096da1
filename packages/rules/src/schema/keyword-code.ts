import type { Ajv, CodeKeywordDefinition } from 'ajv';

type GenerateCode = CodeKeywordDefinition['code'];

/** Replaces the code generators of all keywords. */
export function wrapKeywords(ajv: Ajv, wrap: (generate: GenerateCode) => GenerateCode): void {
  for (const rule of Object.values(ajv.RULES.all)) {
    if (typeof rule === 'object' && 'code' in rule.definition)
      rule.definition.code = wrap(rule.definition.code);
  }
}
