/**
 * A regular expression that looks at a fixed number of characters, one after the other: characters as they are, `.`,
 * classes such as `[a-z]`, escapes, `^` at its start and `$` at its end. Nothing in it is repeated, optional, grouped or
 * alternative, so it cannot backtrack: a try at one place reads at most as many characters as the pattern has.
 */
const FIXED_LENGTH =
  /^\^?(?:[^\\^$*+?()[\]{}|]|\\[dDwWsStnr^$\\.*+?()[\]{}|/]|\[\^?(?:[^\\[\]^]|\\[dDwWsStnr^$\\.*+?()[\]{}|/-])+\])*\$?$/u;

/** Why a filter cannot have this pattern, or null when it can. */
export function patternError(pattern: string): string | null {
  if (!FIXED_LENGTH.test(pattern)) {
    return 'must be characters, ., [classes] and escapes, ^ at its start, $ at its end: no repetition, option, group or alternative';
  }
  return isExpression(pattern) ? null : 'must be a regular expression';
}

function isExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u').unicode;
  } catch {
    return false;
  }
}
