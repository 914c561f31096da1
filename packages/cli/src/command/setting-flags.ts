import type { Presentation } from '@posthorn/contract';
import type { Command } from 'commander';
import { DEFAULT, list, numbers, readJson, trueOrFalse, unchecked, wholeNumber } from './options.js';

type SettingRows = Readonly<Record<string, Presentation>>;

const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** How the value of a flag is parsed, by the kind of its setting. Those that are missing stay text, which the API checks. */
const PARSERS: Partial<Record<Presentation['kind'], (value: string, before?: never) => unknown>> = {
  number: wholeNumber,
  numbers,
  boolean: trueOrFalse,
  list,
};

/** Adds a flag for each setting of a table. @param reset the value that resets a setting */
export function addColumnFlags(command: Command, rows: SettingRows, reset: string = DEFAULT): void {
  for (const [name, row] of Object.entries(rows)) {
    const parse = PARSERS[row.kind] ?? ((value: string) => value);
    command.option(`${flagOf(name)} <${valueOf(row)}>`, helpOf(row), (value: string, before: unknown) =>
      value === reset ? reset : parse(value, unchecked(before === reset ? undefined : before)),
    );
  }
}

function valueOf({ kind, unit = 'number', choices = {} }: Presentation): string {
  switch (kind) {
    case 'text':
    case 'list':
    case 'json':
      return kind;
    case 'number':
    case 'numbers':
      return unit;
    case 'boolean':
      return 'true|false';
    case 'choice':
      return Object.keys(choices).join('|');
  }
}

function helpOf({ kind, label, hint }: Presentation): string {
  const isList = kind === 'list' || kind === 'numbers';
  return `${label}${isList ? ', separated by commas' : ''}. ${hint.replace(/\.$/, '')}`;
}

/**
 * Returns the settings of flags in a request: null resets one, undefined leaves it.
 * @throws UsageError if a JSON value cannot be read
 */
export async function columnsOf<Settings>(
  rows: SettingRows,
  flags: Readonly<Record<string, unknown>>,
  reset: string = DEFAULT,
): Promise<Settings> {
  const columns: [string, unknown][] = [];
  for (const [name, { kind }] of Object.entries(rows)) {
    const value = flags[name] === reset ? null : flags[name];
    const isJson = kind === 'json' && typeof value === 'string';
    columns.push([name, isJson ? await readJson(flagOf(name), value) : value]);
  }
  return unchecked<Settings>(Object.fromEntries(columns));
}
