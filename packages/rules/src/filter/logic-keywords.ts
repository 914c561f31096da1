import { firstBroken, type Rule, rule } from './matcher.js';

export function anyOfRule(rules: readonly Rule[]): Rule {
  return rule((value) => rules.some((one) => one.matches(value)), 'must fit one of the schemas of anyOf');
}

export function oneOfRule(rules: readonly Rule[]): Rule {
  return rule(
    (value) => rules.filter((one) => one.matches(value)).length === 1,
    'must fit exactly one of the schemas of oneOf',
  );
}

export function notRule(inner: Rule): Rule {
  return rule((value) => !inner.matches(value), 'must not fit the schema of not');
}

export function ifRule(condition: Rule, then: Rule, otherwise: Rule): Rule {
  return firstBroken((value) => {
    const inner = condition.matches(value) ? then : otherwise;
    return inner.matches(value) ? null : { inner, value, place: null };
  });
}
