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
      throw new RangeError(`has a pattern of more than ${MAX_PATTERN_LENGTH} characters`);
    }
    const regex = compile(pattern);
    const size = regex.programSize();
    instructions += size;
    if (instructions > MAX_INSTRUCTIONS) {
      throw new RangeError('is too large, together with the other patterns of the schema');
    }
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

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(`has the pattern ${pattern}, which is not supported: ${reason}`, { cause: error });
  }
}
