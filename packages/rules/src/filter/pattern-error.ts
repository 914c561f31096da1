import { type FieldProblem, fieldProblem } from '@posthorn/core';

/**
 * A regular expression that matches a fixed number of characters: literal characters, `.`, classes such as `[a-z]`,
 * escapes, `^` at its start and `$` at its end. Without quantifiers, groups and alternatives it cannot backtrack: an
 * attempt at one position reads at most as many characters as the pattern has.
 */
const FIXED_LENGTH =
  /^\^?(?:[^\\^$*+?()[\]{}|]|\\[dDwWsStnr^$\\.*+?()[\]{}|/]|\[\^?(?:[^\\[\]^]|\\[dDwWsStnr^$\\.*+?()[\]{}|/-])+\])*\$?$/u;

/** Returns why a filter cannot use this pattern, or null when it can. */
export function patternError(pattern: string): FieldProblem | null {
  if (!FIXED_LENGTH.test(pattern)) {
    return fieldProblem('unsupported_pattern');
  }
  return isValidRegex(pattern) ? null : fieldProblem('not_pattern');
}

function isValidRegex(pattern: string): boolean {
  try {
    // regexp-reviewed -- it is only compiled
    return new RegExp(pattern, 'u').unicode;
  } catch {
    return false;
  }
}
