import { isJsonObject, type JsonObject } from '@posthorn/contract';
import { allOf, firstMismatch, type Matcher, matcher } from './matcher.js';

/** Creates a matcher for objects. Other values always match. */
function objectMatcher(matches: (value: JsonObject) => boolean, message: string): Matcher {
  return matcher((value) => !isJsonObject(value) || matches(value), message);
}

export function minPropertiesMatcher(min: number): Matcher {
  return objectMatcher((value) => Object.keys(value).length >= min, `must have at least ${min} properties`);
}

export function maxPropertiesMatcher(max: number): Matcher {
  return objectMatcher((value) => Object.keys(value).length <= max, `must have at most ${max} properties`);
}

export function requiredMatcher(names: readonly string[]): Matcher {
  return allOf(
    names.map((name) =>
      objectMatcher((value) => Object.hasOwn(value, name), `must have the property ${JSON.stringify(name)}`),
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
