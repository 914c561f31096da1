import { errorAt, type FieldError, type FieldProblem, fieldProblem } from '@posthorn/core';

/** A compiled schema, or one compiled keyword of it. */
export interface Matcher {
  matches: (value: unknown) => boolean;
  /** Returns the first violation of a value that does not match. `path` is the path of the value. */
  violation: (value: unknown, path: string) => FieldError;
}

/** Creates a matcher for a value as a whole. */
export function matcher(matches: (value: unknown) => boolean, problem: FieldProblem): Matcher {
  return { matches, violation: (_value, path) => errorAt(path, problem) };
}

export const ANYTHING = matcher(() => true, fieldProblem('invalid'));
export const NOTHING = matcher(() => false, fieldProblem('not_allowed'));

/** Creates a matcher that requires all of `matchers`. Reports the violation of the first one that does not match. */
export function allOf(matchers: readonly Matcher[]): Matcher {
  const [first = ANYTHING] = matchers;
  return matchers.length < 2 ? first : firstMismatch((value) => mismatchOf(matchers, value));
}

/** Maximum length of a text of a filter in an error. A filter may contain long texts. */
const MAX_SHOWN_LENGTH = 200;

/** Returns a value of a filter as it is shown in an error. */
export const shownJson = (value: unknown): string => JSON.stringify(value).slice(0, MAX_SHOWN_LENGTH);

function mismatchOf(matchers: readonly Matcher[], value: unknown): Mismatch | null {
  // Runs for every event. A plain loop costs half as much as one with a callback.
  for (const inner of matchers) if (!inner.matches(value)) return { inner, value, key: null };
  return null;
}

/** A matcher that does not match the value or a part of it. */
interface Mismatch {
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
      if (!mismatch) return ANYTHING.violation(value, path);
      return mismatch.inner.violation(mismatch.value, pathOf(path, mismatch.key));
    },
  };
}

function pathOf(path: string, key: string | number | null): string {
  if (key === null) return path;
  return typeof key === 'number' ? `${path}[${key}]` : `${path}.${key}`;
}
