import type { FieldError } from '@posthorn/core';

/** A compiled schema, or one compiled keyword of it. */
export interface Matcher {
  matches: (value: unknown) => boolean;
  /** Returns the first violation of a value that does not match. `path` is the path of the value. */
  violation: (value: unknown, path: string) => FieldError;
}

/** Creates a matcher for a value as a whole. */
export function matcher(matches: (value: unknown) => boolean, message: string): Matcher {
  return { matches, violation: (_value, path) => ({ path, message }) };
}

export const ANYTHING = matcher(() => true, '');
export const NOTHING = matcher(() => false, 'must not be present');

/** Creates a matcher that requires all of `matchers`. Reports the violation of the first one that does not match. */
export function allOf(matchers: readonly Matcher[]): Matcher {
  const [first = ANYTHING] = matchers;
  return matchers.length < 2 ? first : firstMismatch((value) => mismatchOf(matchers, value));
}

function mismatchOf(matchers: readonly Matcher[], value: unknown): Mismatch | null {
  // Runs for every event. A plain loop costs half as much as one with a callback.
  for (const inner of matchers) if (!inner.matches(value)) return { inner, value, key: null };
  return null;
}

/** A matcher that does not match the value or a part of it. */
export interface Mismatch {
  inner: Matcher;
  value: unknown;
  /** The property name or the array index of the part. Null: the value itself. */
  key: string | number | null;
}

/** Creates a matcher that matches when `find` returns no mismatch. */
export function firstMismatch(find: (value: unknown) => Mismatch | null): Matcher {
  return {
    matches: (value) => find(value) === null,
    violation(value, path) {
      const mismatch = find(value);
      if (!mismatch) return { path, message: '' };
      return mismatch.inner.violation(mismatch.value, pathOf(path, mismatch.key));
    },
  };
}

function pathOf(path: string, key: string | number | null): string {
  if (key === null) return path;
  return typeof key === 'number' ? `${path}[${key}]` : `${path}.${key}`;
}
