import type { z } from 'zod';

export interface Setting<Input extends z.ZodType, Default> {
  /** In a request. */
  input: Input;
  /** What null stands for in a request, and an absent setting in one that sets them all. */
  default: Default;
  /** A PUT and an import leave it as it is. */
  staysAtPut?: true;
}

/** How the command line and the dashboard read and name a setting. */
export interface Presentation {
  kind: 'text' | 'number' | 'numbers' | 'boolean' | 'choice' | 'list' | 'json';
  label: string;
  hint: string;
  /** Of the numbers. */
  unit?: string;
  /** The labels of the values of a choice. */
  choices?: Readonly<Record<string, string>>;
}

/** A value without a label does not compile. */
interface Choice<Value> {
  kind: 'choice';
  choices: Readonly<Record<Extract<Value, string>, string>>;
}

/** Returns the row of a setting that is stored as it is, in the column of its name. */
export const column = <Input extends z.ZodType, Shown extends z.ZodType, const Others extends Presentation>(
  row: Others &
    Setting<Input, z.output<Shown>> & { shown: Shown } & (
      | { kind: Exclude<Presentation['kind'], 'choice'> }
      | Choice<z.output<Shown>>
    ),
) => ({ ...row, stored: 'column' as const });

/** Returns the row of a setting that is stored or shown in another form, such as sealed, which the API has code for. */
export const converted = <
  Input extends z.ZodType,
  const Default extends NonNullable<z.output<Input>> | null,
  const Others extends object,
>(
  row: Others & Setting<Input, Default>,
) => ({ ...row, stored: 'converted' as const });

interface Row extends Setting<z.ZodType, unknown> {
  /** In a response. Absent if responses have code for it. */
  shown?: z.ZodType;
  stored: 'column' | 'converted';
}

type Rows = Readonly<Record<string, Row>>;

/** The names of the rows with a member. */
type NameWith<Of, Member> = {
  [Name in keyof Of]: Of[Name] extends Member ? Name : never;
}[keyof Of] &
  string;

type ColumnName<Of> = Exclude<keyof Of & string, NameWith<Of, { stored: 'converted' }>>;
type ReplacedName<Of> = Exclude<keyof Of & string, NameWith<Of, { staysAtPut: true }>>;

/** Returns the table of the settings of a resource, and the lists that derive from its rows. */
export function settingsTable<const Of extends Rows>(rows: Of) {
  type Name = keyof Of & string;
  /** Returns a member of each row that has it. */
  const members = (member: 'input' | 'default' | 'shown', of: readonly string[]) =>
    Object.fromEntries(
      Object.entries<Row>(rows)
        .filter(([name, row]) => of.includes(name) && member in row)
        .map(([name, row]) => [name, row[member]]),
    );
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the rows, or the member of each row */
  const namesOf = (isIncluded: (row: Row) => boolean) =>
    Object.entries<Row>(rows).flatMap(([name, row]) => (isIncluded(row) ? [name] : [])) as Name[];
  const names = namesOf(() => true);
  const columns = namesOf(({ stored }) => stored === 'column') as ColumnName<Of>[];
  const replaced = namesOf(({ staysAtPut }) => staysAtPut !== true) as ReplacedName<Of>[];
  return {
    rows,
    names: names as readonly Name[],
    /** The settings that are stored as they are. */
    columns: columns as readonly ColumnName<Of>[],
    /** What a PUT and an import set, to its default if it is absent. */
    replaced: replaced as readonly ReplacedName<Of>[],
    /** The settings in requests. */
    inputs: members('input', names) as { [Each in Name]: Of[Each]['input'] },
    /** The settings in requests that set them all. */
    replacedInputs: members('input', replaced) as { [Each in ReplacedName<Of>]: Of[Each]['input'] },
    /** What null stands for in a request. */
    defaults: members('default', names) as { [Each in Name]: Of[Each]['default'] },
    /** The settings in responses, except those that responses show in another form. */
    shown: members('shown', names) as {
      [Each in NameWith<Of, { shown: z.ZodType }>]: Extract<Of[Each], { shown: z.ZodType }>['shown'];
    },
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}

/** A table, as functions for all tables take it. */
export interface SettingsTable {
  rows: Rows;
  names: readonly string[];
  columns: readonly string[];
  replaced: readonly string[];
  defaults: Readonly<Record<string, unknown>>;
}

/** The name of a setting of a table. */
export type SettingOf<Of extends SettingsTable> = keyof Of['rows'] & string;

/** The name of a setting that is stored as it is, in the column of its name. */
export type ColumnSettingOf<Of extends SettingsTable> = ColumnName<Of['rows']>;

/** The name of a setting that is stored or shown in another form. */
export type ConvertedSettingOf<Of extends SettingsTable> = NameWith<Of['rows'], { stored: 'converted' }>;

/** The name of a setting that a PUT and an import set, to its default if it is absent. */
export type ReplacedSettingOf<Of extends SettingsTable> = ReplacedName<Of['rows']>;

/** The columns of settings that are stored as they are. */
export type SettingColumnsOf<Of extends SettingsTable> = {
  [Name in ColumnSettingOf<Of>]: z.output<Extract<Of['rows'][Name], { shown: z.ZodType }>['shown']>;
};

/** The settings of a request. Absent ones do not change; null resets a setting to its default. */
export type RequestedSettingsOf<Of extends SettingsTable> = {
  [Name in SettingOf<Of>]?: z.output<Of['rows'][Name]['input']>;
};
