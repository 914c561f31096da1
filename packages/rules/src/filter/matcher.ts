import type { FieldError } from '@posthorn/core';

/** A schema, or one keyword of it, made ready to be asked often. */
export interface Rule {
  matches: (value: unknown) => boolean;
  /** What is wrong with a value that does not fit, and where: `path` is that of the value. */
  violation: (value: unknown, path: string) => FieldError;
}

/** A rule about a value as a whole. */
export function rule(matches: (value: unknown) => boolean, message: string): Rule {
  return { matches, violation: (_value, path) => ({ path, message }) };
}

export const EVERYTHING = rule(() => true, '');
export const NOTHING = rule(() => false, 'must not be there');

/** What fits each of the rules; the first one that is broken says what is wrong. */
export function all(rules: readonly Rule[]): Rule {
  const [first = EVERYTHING] = rules;
  return rules.length < 2 ? first : firstBroken((value) => brokenOf(rules, value));
}

function brokenOf(rules: readonly Rule[], value: unknown): Broken | null {
  // Asked for every event: a plain loop costs half of a callback.
  for (const inner of rules) if (!inner.matches(value)) return { inner, value, place: null };
  return null;
}

/** A rule that a value or a part of it breaks. */
export interface Broken {
  inner: Rule;
  value: unknown;
  /** The name of the part, or its number in a list; null: the value itself. */
  place: string | number | null;
}

/** A rule made of others: fits when `find` finds no broken one. */
export function firstBroken(find: (value: unknown) => Broken | null): Rule {
  return {
    matches: (value) => find(value) === null,
    violation(value, path) {
      const broken = find(value);
      return broken
        ? broken.inner.violation(broken.value, pathOf(path, broken.place))
        : { path, message: '' };
    },
  };
}

function pathOf(path: string, place: string | number | null): string {
  if (place === null) return path;
  return typeof place === 'number' ? `${path}[${place}]` : `${path}.${place}`;
}
