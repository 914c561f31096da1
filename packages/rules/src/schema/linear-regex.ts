import { RE2JS } from 're2js';
import type { WorkBudget } from './work-budget.js';

/** Limits for one pattern, and for all patterns of a schema together, because compiling takes time, too. */
const MAX_PATTERN_LENGTH = 512;
const MAX_INSTRUCTIONS = 10_000;

/**
 * Creates a compiler of the regular expressions of one schema. It uses RE2, which never backtracks: matching is linear in
 * the length of the text and of the expression. Lookaround and backreferences are not supported.
 */
export function createRegexCompiler(budget: WorkBudget) {
  let instructions = 0;
  return (pattern: string) => {
    if (pattern.length > MAX_PATTERN_LENGTH) {
      throw new RangeError(`a pattern is longer than ${MAX_PATTERN_LENGTH} characters`);
    }
    const regex = RE2JS.compile(RE2JS.translateRegExp(pattern));
    const size = regex.programSize();
    instructions += size;
    if (instructions > MAX_INSTRUCTIONS) throw new RangeError('the patterns of the schema are too large');
    return {
      test(text: string): boolean {
        budget.spend(size * text.length);
        return regex.test(text);
      },
      // Ajv caches patterns by their string.
      toString: () => pattern,
    };
  };
}
