import { isJsonObject } from '@posthorn/contract';
import type { FuncKeywordDefinition } from 'ajv';
import type { WorkBudget } from './work-budget.js';

/** Creates a `uniqueItems` keyword that uses a set. Ajv's own compares every pair of items. */
export function uniqueItems(budget: WorkBudget): FuncKeywordDefinition {
  return {
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (isRequired: boolean, items: unknown[]) => !isRequired || areUnique(items, budget),
    error: { message: 'must NOT have duplicate items' },
  };
}

function areUnique(items: readonly unknown[], budget: WorkBudget): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const text = JSON.stringify(item, sortKeys);
    budget.spend(text.length);
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

/** Objects with the same members are equal in any order. */
function sortKeys(_key: string, value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
