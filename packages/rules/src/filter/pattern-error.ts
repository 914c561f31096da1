/**
 * A regular expression that matches a fixed number of characters: literal characters, `.`, classes such as `[a-z]`,
 * escapes, `^` at its start and `$` at its end. Without quantifiers, groups and alternatives it cannot backtrack: an
 * attempt at one position reads at most as many characters as the pattern has.
 */
const FIXED_LENGTH =
  /^\^?(?:[^\\^$*+?()[\]{}|]|\\[dDwWsStnr^$\\.*+?()[\]{}|/]|\[\^?(?:[^\\[\]^]|\\[dDwWsStnr^$\\.*+?()[\]{}|/-])+\])*\$?$/u;

/** Returns why a filter cannot use this pattern, or null when it can. */
export function patternError(pattern: string): string | null {
  if (!FIXED_LENGTH.test(pattern)) {
    return 'must consist of characters, ., [classes], escapes, ^ at the start and $ at the end: quantifiers, groups and alternatives are not supported';
  }
  return isValidRegex(pattern) ? null : 'must be a valid regular expression';
}

function isValidRegex(pattern: string): boolean {
  try {
    // regexp-reviewed -- it is only compiled
    return new RegExp(pattern, 'u').unicode;
  } catch {
    return false;
  }
}
