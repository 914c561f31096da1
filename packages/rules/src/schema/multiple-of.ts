import { _, type FuncKeywordDefinition } from 'ajv';
import { decimalMultiple } from '../numbers/decimal-multiple.js';
import type { WorkBudget } from './work-budget.js';

/** Cost of one comparison of decimals, when it has to be exact. */
const COMPARISON_WORK = 50;

/** Creates a `multipleOf` keyword that compares decimals. Ajv's own divides binary numbers. */
export function multipleOf(budget: WorkBudget): FuncKeywordDefinition {
  return {
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    compile(step: number) {
      const isMultiple = decimalMultiple(step);
      return (value: number) => {
        budget.spend(COMPARISON_WORK);
        return isMultiple(value);
      };
    },
    error: {
      message: 'must be multiple of the number in the schema',
      params: ({ schemaCode }) => _`{multipleOf: ${schemaCode}}`,
    },
  };
}
