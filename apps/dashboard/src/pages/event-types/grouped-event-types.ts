import { t } from '../../i18n/t.js';

interface GroupedType {
  name: string;
  group: string | null;
}

const OTHER = t('Other');

/** Groups event types, sorted by name. Types without a group come last. */
export function groupsOf<Type extends GroupedType>(
  types: readonly Type[],
): { group: string; types: Type[] }[] {
  const groups = new Map<string, Type[]>();
  for (const type of types) {
    const key = type.group ?? OTHER;
    groups.set(key, [...(groups.get(key) ?? []), type]);
  }
  return [...groups]
    .map(([group, members]) => ({
      group,
      types: members.toSorted((one, other) => one.name.localeCompare(other.name)),
    }))
    .toSorted((one, other) => rank(one.group) - rank(other.group) || one.group.localeCompare(other.group));
}

/** Returns event types as grouped options of a select. */
export function groupedEventTypes(types: readonly GroupedType[]): { group: string; items: string[] }[] {
  return groupsOf(types).map(({ group, types: members }) => ({
    group,
    items: members.map(({ name }) => name),
  }));
}

/** Returns the event types whose name, group or description contains a text, ignoring case. */
export function matching<Type extends GroupedType & { description: string | null }>(
  types: readonly Type[],
  text: string,
): Type[] {
  const needle = text.toLowerCase();
  return types.filter(({ name, group, description }) =>
    [name, group, description].some((part) => part?.toLowerCase().includes(needle)),
  );
}

function rank(group: string): number {
  return group === OTHER ? 1 : 0;
}
