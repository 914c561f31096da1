import { isJsonObject, type JsonObject } from '@posthorn/contract';
import { all, firstBroken, type Rule, rule } from './matcher.js';

/** A rule about objects; everything else fits. */
function ofObjects(matches: (value: JsonObject) => boolean, message: string): Rule {
  return rule((value) => !isJsonObject(value) || matches(value), message);
}

export function minPropertiesRule(least: number): Rule {
  return ofObjects((value) => Object.keys(value).length >= least, `must have ${least} or more members`);
}

export function maxPropertiesRule(most: number): Rule {
  return ofObjects((value) => Object.keys(value).length <= most, `must have ${most} or fewer members`);
}

export function requiredRule(names: readonly string[]): Rule {
  return all(names.map((name) => ofObjects((value) => Object.hasOwn(value, name), `must have ${name}`)));
}

/** @param dependent for each name the names that an object with it must have, too */
export function dependentRequiredRule(dependent: Record<string, readonly string[]>): Rule {
  return all(
    Object.entries(dependent).map(([name, names]) => {
      const inner = requiredRule(names);
      return firstBroken((value) => {
        const applies = isJsonObject(value) && Object.hasOwn(value, name);
        return !applies || inner.matches(value) ? null : { inner, value, place: null };
      });
    }),
  );
}

/** Each rule is for the member of its name, where there is one. */
export function propertiesRule(rules: ReadonlyMap<string, Rule>): Rule {
  const entries = [...rules];
  return firstBroken((object) => {
    if (!isJsonObject(object)) return null;
    for (const [place, inner] of entries) {
      if (!Object.hasOwn(object, place)) continue;
      const value = object[place];
      if (!inner.matches(value)) return { inner, value, place };
    }
    return null;
  });
}

/** The rule is for every member that is not one of `named`. */
export function additionalPropertiesRule(named: ReadonlySet<string>, inner: Rule): Rule {
  return firstBroken((object) => {
    if (!isJsonObject(object)) return null;
    for (const place of Object.keys(object)) {
      if (named.has(place)) continue;
      const value = object[place];
      if (!inner.matches(value)) return { inner, value, place };
    }
    return null;
  });
}
