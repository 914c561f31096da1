import { isJsonObject, type JsonObject } from '@posthorn/contract';
import { type FieldProblem, fieldProblem } from '@posthorn/core';
import { allOf, firstMismatch, type Matcher, matcher, shownJson } from './matcher.js';

/** Creates a matcher for objects. Other values always match. */
function objectMatcher(matches: (value: JsonObject) => boolean, problem: FieldProblem): Matcher {
  return matcher((value) => !isJsonObject(value) || matches(value), problem);
}

export function minPropertiesMatcher(min: number): Matcher {
  return objectMatcher(
    (value) => Object.keys(value).length >= min,
    fieldProblem('too_few_properties', { min }),
  );
}

export function maxPropertiesMatcher(max: number): Matcher {
  return objectMatcher(
    (value) => Object.keys(value).length <= max,
    fieldProblem('too_many_properties', { max }),
  );
}

export function requiredMatcher(names: readonly string[]): Matcher {
  return allOf(
    names.map((name) =>
      objectMatcher(
        (value) => Object.hasOwn(value, name),
        fieldProblem('missing_property', { name: shownJson(name) }),
      ),
    ),
  );
}

/** @param dependencies maps a property name to the names that an object with this property must have, too */
export function dependentRequiredMatcher(dependencies: Record<string, readonly string[]>): Matcher {
  return allOf(
    Object.entries(dependencies).map(([name, names]) => {
      const inner = requiredMatcher(names);
      return firstMismatch((value) => {
        const applies = isJsonObject(value) && Object.hasOwn(value, name);
        return !applies || inner.matches(value) ? null : { inner, value, key: null };
      });
    }),
  );
}

/** Applies each matcher to the property of its name, if the object has it. */
export function propertiesMatcher(matchers: ReadonlyMap<string, Matcher>): Matcher {
  const entries = [...matchers];
  return firstMismatch((object) => {
    if (!isJsonObject(object)) return null;
    for (const [key, inner] of entries) {
      if (!Object.hasOwn(object, key)) continue;
      const value = object[key];
      if (!inner.matches(value)) return { inner, value, key };
    }
    return null;
  });
}

/** Applies the matcher to every property whose name is not in `named`. */
export function additionalPropertiesMatcher(named: ReadonlySet<string>, inner: Matcher): Matcher {
  return firstMismatch((object) => {
    if (!isJsonObject(object)) return null;
    for (const key of Object.keys(object)) {
      if (named.has(key)) continue;
      const value = object[key];
      if (!inner.matches(value)) return { inner, value, key };
    }
    return null;
  });
}
