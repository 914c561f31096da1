import { isJsonObject } from '@posthorn/contract';
import type { FuncKeywordDefinition } from 'ajv';
import type { Work } from './work-budget.js';

/** `uniqueItems` by comparing each item with a set of those before; Ajv's own compares each with each. */
export function uniqueItems(work: Work): FuncKeywordDefinition {
  return {
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, list: unknown[]) => !wanted || areUnique(list, work),
    error: { message: 'must NOT have duplicate items' },
  };
}

function areUnique(list: readonly unknown[], work: Work): boolean {
  const seen = new Set<string>();
  for (const item of list) {
    const text = JSON.stringify(item, inOrder);
    work.spend(text.length);
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

/** Objects with the same members are equal, however they are written. */
function inOrder(_key: string, value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
