import { fieldProblem } from '@posthorn/core';
import { firstMismatch, type Matcher, matcher } from './matcher.js';

export function anyOfMatcher(matchers: readonly Matcher[]): Matcher {
  return matcher((value) => matchers.some((one) => one.matches(value)), fieldProblem('no_any_of'));
}

export function oneOfMatcher(matchers: readonly Matcher[]): Matcher {
  return matcher(
    (value) => matchers.filter((one) => one.matches(value)).length === 1,
    fieldProblem('not_exactly_one_of'),
  );
}

export function notMatcher(inner: Matcher): Matcher {
  return matcher((value) => !inner.matches(value), fieldProblem('matches_not'));
}

export function ifMatcher(condition: Matcher, then: Matcher, otherwise: Matcher): Matcher {
  return firstMismatch((value) => {
    const inner = condition.matches(value) ? then : otherwise;
    return inner.matches(value) ? null : { inner, value, key: null };
  });
}
