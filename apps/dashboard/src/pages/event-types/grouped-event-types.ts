export interface GroupedType {
  name: string;
  group: string | null;
}

/** Event types under their groups, as selects take them; those of no group come last. */
export function groupedEventTypes(types: readonly GroupedType[]): { group: string; items: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { name, group } of types) {
    const key = group ?? 'Other';
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups]
    .map(([group, items]) => ({ group, items: items.toSorted() }))
    .toSorted((one, other) => rank(one.group) - rank(other.group) || one.group.localeCompare(other.group));
}

function rank(group: string): number {
  return group === 'Other' ? 1 : 0;
}
