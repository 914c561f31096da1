export interface SuggestedPattern {
  pattern: string;
  meaning: string;
}

/** Patterns worth offering: everything, each prefix that several types of the catalogue share, and what Posthorn tells of itself. */
export function suggestPatterns(types: readonly string[]): SuggestedPattern[] {
  const below = new Map<string, number>();
  for (const prefix of types.flatMap(prefixesOf)) below.set(prefix, (below.get(prefix) ?? 0) + 1);
  const shared = [...below]
    .filter(([, count]) => count > 1)
    .toSorted(([one], [other]) => one.localeCompare(other));
  return [
    { pattern: '*', meaning: 'Everything but what Posthorn tells of itself' },
    ...shared.map(([prefix, count]) => ({
      pattern: `${prefix}.*`,
      meaning: `Everything below ${prefix}, ${count} types now`,
    })),
    { pattern: 'posthorn.*', meaning: 'What Posthorn tells of itself: suspended, failing, recovered …' },
  ];
}

/** `a.b.c` → `a`, `a.b` */
function prefixesOf(type: string): string[] {
  const segments = type.split('.');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('.'));
}
