import { isJsonObject } from './json-value.js';
import type {
  ColumnSettingOf,
  ReplacedSettingOf,
  RequestedSettingsOf,
  SettingColumnsOf,
  SettingOf,
  SettingsTable,
} from './settings-table.js';

/* oxlint-disable typescript/no-unsafe-type-assertion -- the members that the table names */

/** Returns the settings of a resource that are stored as they are. */
export const settingColumns = <Table extends SettingsTable>(
  { columns }: Table,
  stored: SettingColumnsOf<Table>,
): SettingColumnsOf<Table> => valuesOf(columns, stored) as SettingColumnsOf<Table>;

/** The values that a request sets: null is replaced by the default. */
type ValuesOf<Table extends SettingsTable, Name extends SettingOf<Table>> = {
  [Each in Name]: NonNullable<RequestedSettingsOf<Table>[Each]> | Table['rows'][Each]['default'];
};

/** Returns the columns that a request sets: null resets one to its default. */
export function requestedColumns<Table extends SettingsTable>(
  { columns, defaults }: Table,
  requested: RequestedSettingsOf<Table>,
): Partial<ValuesOf<Table, ColumnSettingOf<Table>>> {
  const given = Object.entries(valuesOf(columns, requested)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, value ?? defaults[name]])) as ReturnType<
    typeof requestedColumns<Table>
  >;
}

/** Returns all settings that a PUT sets: absent ones, and absent members of objects, with their defaults. */
export function replacedValues<Table extends SettingsTable>(
  { replaced, defaults }: Table,
  requested: Pick<RequestedSettingsOf<Table>, ReplacedSettingOf<Table>>,
): ValuesOf<Table, ReplacedSettingOf<Table>> {
  const values = Object.entries(valuesOf(replaced, requested)).map(([name, given]) => {
    const initial = defaults[name];
    return [
      name,
      isJsonObject(initial) && isJsonObject(given) ? { ...initial, ...given } : (given ?? initial),
    ];
  });
  return Object.fromEntries(values) as ReturnType<typeof replacedValues<Table>>;
}

const valuesOf = (names: readonly string[], values: object): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, Reflect.get(values, name)]));
