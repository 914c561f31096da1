import { RE2JS } from 're2js';
import type { Work } from './work-budget.js';

/** Most characters of one pattern, and most instructions of all patterns of a schema: making them ready takes time, too. */
const MAX_PATTERN_LENGTH = 512;
const MAX_INSTRUCTIONS = 10_000;

/**
 * Makes regular expressions of one schema, of RE2: they never go back, and take time that grows with the text and the
 * expression only. What needs going back (lookaround, references to groups) is refused.
 */
export function patternMaker(work: Work) {
  let instructions = 0;
  return (pattern: string) => {
    if (pattern.length > MAX_PATTERN_LENGTH) {
      throw new RangeError(`a pattern may have ${MAX_PATTERN_LENGTH} characters`);
    }
    const expression = RE2JS.compile(RE2JS.translateRegExp(pattern));
    const size = expression.programSize();
    instructions += size;
    if (instructions > MAX_INSTRUCTIONS) throw new RangeError('the patterns are too large together');
    return {
      test(text: string): boolean {
        work.spend(size * text.length);
        return expression.test(text);
      },
      // Ajv tells patterns apart by it.
      toString: () => pattern,
    };
  };
}
