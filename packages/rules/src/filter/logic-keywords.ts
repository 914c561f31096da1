import { firstMismatch, type Matcher, matcher } from './matcher.js';

export function anyOfMatcher(matchers: readonly Matcher[]): Matcher {
  return matcher((value) => matchers.some((one) => one.matches(value)), 'must match a schema in anyOf');
}

export function oneOfMatcher(matchers: readonly Matcher[]): Matcher {
  return matcher(
    (value) => matchers.filter((one) => one.matches(value)).length === 1,
    'must match exactly one schema in oneOf',
  );
}

export function notMatcher(inner: Matcher): Matcher {
  return matcher((value) => !inner.matches(value), 'must not match the schema in not');
}

export function ifMatcher(condition: Matcher, then: Matcher, otherwise: Matcher): Matcher {
  return firstMismatch((value) => {
    const inner = condition.matches(value) ? then : otherwise;
    return inner.matches(value) ? null : { inner, value, key: null };
  });
}
