import { type FieldProblem, fieldProblem } from '@posthorn/core';
import { firstMismatch, type Matcher, matcher } from './matcher.js';

/** Creates a matcher for arrays. Other values always match. */
function arrayMatcher(matches: (value: unknown[]) => boolean, problem: FieldProblem): Matcher {
  return matcher((value) => !Array.isArray(value) || matches(value), problem);
}

export function minItemsMatcher(min: number): Matcher {
  return arrayMatcher((array) => array.length >= min, fieldProblem('too_few_items', { min }));
}

export function maxItemsMatcher(max: number): Matcher {
  return arrayMatcher((array) => array.length <= max, fieldProblem('too_many_items', { max }));
}

/** Applies each matcher to the item at its index, if the array has one. */
export function prefixItemsMatcher(matchers: readonly Matcher[]): Matcher {
  const entries = [...matchers.entries()];
  return firstMismatch((array) => {
    if (!Array.isArray(array)) return null;
    for (const [key, inner] of entries) {
      if (key >= array.length) return null;
      const value: unknown = array[key];
      if (!inner.matches(value)) return { inner, value, key };
    }
    return null;
  });
}

/** Applies the matcher to every item from the index `first` on. */
export function itemsMatcher(first: number, inner: Matcher): Matcher {
  return firstMismatch((array) => {
    if (!Array.isArray(array)) return null;
    for (let key = first; key < array.length; key += 1) {
      const value: unknown = array[key];
      if (!inner.matches(value)) return { inner, value, key };
    }
    return null;
  });
}

/** Requires from `min` to `max` matching items. */
export function containsMatcher(inner: Matcher, { min, max }: { min: number; max: number }): Matcher {
  const problem =
    max === Infinity
      ? fieldProblem('too_few_contained', { min })
      : fieldProblem('contained_out_of_range', { min, max });
  return arrayMatcher((array) => {
    let found = 0;
    for (const value of array) {
      if (inner.matches(value)) found += 1;
      if (found > max) return false;
      if (found >= min && max === Infinity) return true;
    }
    return found >= min;
  }, problem);
}
