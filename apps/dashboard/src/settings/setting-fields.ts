import { readJsonObject, writeJson } from '../components/json-field.js';
import { formatDelay, parseDelay } from './retry-delay.js';
import { isListOfDelays, type SettingRow, type SettingRows } from './setting-row.js';

/** The fields of a form for settings, by their kind. */
interface KindFields {
  /** Empty for none. */
  text: string;
  /** Empty for the default, or for none. A string is incomplete input, such as `-`. */
  number: number | string;
  /** Delays such as `5m`, or numbers. */
  numbers: string[];
  boolean: boolean;
  list: string[];
  /** Empty for none. */
  json: string;
}

/** The fields of a form for all settings of a table. */
export type SettingFields<Rows extends SettingRows, Resource extends Record<keyof Rows, unknown>> = {
  -readonly [Name in keyof Rows]: Rows[Name]['kind'] extends keyof KindFields
    ? KindFields[Rows[Name]['kind']]
    : Resource[Name];
};

/** Returns the fields of a form for the settings of a resource. */
export const settingFields = <Rows extends SettingRows, Resource extends Record<keyof Rows, unknown>>(
  rows: Rows,
  values: Readonly<Partial<Record<keyof Rows, unknown>>>,
): SettingFields<Rows, Resource> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the field of each setting
  Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, toField(row, Reflect.get(values, name))]),
  ) as SettingFields<Rows, Resource>;

function toField(row: SettingRow, value: unknown): unknown {
  switch (row.kind) {
    case 'numbers':
      return [value].flat().map((each) => (isListOfDelays(row) ? formatDelay(Number(each)) : String(each)));
    case 'json': {
      const json = writeJson(value);
      return json === '{}' && row.default !== null ? '' : json;
    }
    case 'list':
      return value ?? [];
    case 'choice':
      return value;
    case 'text':
    case 'number':
    case 'boolean':
      return value ?? '';
  }
}

/** Returns settings in a request, from the fields of a form without errors. */
export const settingValues = <Body>(rows: SettingRows, fields: object): Partial<Body> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value of each field
  Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [name, toValue(row, Reflect.get(fields, name))]),
  ) as Partial<Body>;

function toValue(row: SettingRow, field: unknown): unknown {
  switch (row.kind) {
    case 'text':
      return typeof field === 'string' ? field.trim() || null : null;
    case 'number':
      return field === '' ? null : Number(field);
    case 'json':
      return readJsonObject(String(field)) ?? null;
    case 'numbers':
      return [field].flat().map((each) => (isListOfDelays(row) ? parseDelay(String(each)) : Number(each)));
    case 'boolean':
    case 'choice':
    case 'list':
      return field;
  }
}
