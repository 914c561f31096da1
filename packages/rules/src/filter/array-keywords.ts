import { firstBroken, type Rule, rule } from './matcher.js';

/** A rule about lists; everything else fits. */
function ofLists(matches: (value: unknown[]) => boolean, message: string): Rule {
  return rule((value) => !Array.isArray(value) || matches(value), message);
}

export function minItemsRule(least: number): Rule {
  return ofLists((list) => list.length >= least, `must have ${least} or more elements`);
}

export function maxItemsRule(most: number): Rule {
  return ofLists((list) => list.length <= most, `must have ${most} or fewer elements`);
}

/** Each rule is for the element in its place, where there is one. */
export function prefixItemsRule(rules: readonly Rule[]): Rule {
  const places = [...rules.entries()];
  return firstBroken((list) => {
    if (!Array.isArray(list)) return null;
    for (const [place, inner] of places) {
      if (place >= list.length) return null;
      const value: unknown = list[place];
      if (!inner.matches(value)) return { inner, value, place };
    }
    return null;
  });
}

/** The rule is for every element from the place `first` on. */
export function itemsRule(first: number, inner: Rule): Rule {
  return firstBroken((list) => {
    if (!Array.isArray(list)) return null;
    for (let place = first; place < list.length; place += 1) {
      const value: unknown = list[place];
      if (!inner.matches(value)) return { inner, value, place };
    }
    return null;
  });
}

/** At least `least` and at most `most` elements fit the rule. */
export function containsRule(inner: Rule, { least, most }: { least: number; most: number }): Rule {
  const limit = most === Infinity ? `${least} or more` : `${least} to ${most}`;
  return ofLists((list) => {
    let found = 0;
    for (const value of list) {
      if (inner.matches(value)) found += 1;
      if (found > most) return false;
      if (found >= least && most === Infinity) return true;
    }
    return found >= least;
  }, `must have ${limit} elements that fit contains`);
}
