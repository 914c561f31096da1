import { formatJson } from '@posthorn/core';
import Table from 'cli-table3';
import { dim, paintState, printable } from './style.js';

/** Columns without borders. */
const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((part) => [side + part, '']),
  ),
);

/** Columns of a table: heading and cell of a row. */
export type Columns<Row> = Record<string, (row: Row) => unknown>;

/** Formats rows as a table, or returns `empty` if there are none. */
export function table<Row>(rows: readonly Row[], columns: Columns<Row>, empty: string): string {
  if (rows.length === 0) return dim(empty);
  const headings = Object.keys(columns).map((heading) => dim(heading));
  const cells = rows.map((row) => Object.values(columns).map((read) => cell(read(row))));
  return columnsOf([headings, ...cells]);
}

/** Formats an object, one field per line. */
export function details(object: object): string {
  return columnsOf(Object.entries(object).map(([name, value]) => [dim(name), cell(value)]));
}

/** Formats a JSON text for people. */
export function prettyJson(json: string): string {
  return printable(formatJson(json));
}

function columnsOf(rows: string[][]): string {
  const lines = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  lines.push(...rows);
  return lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return dim('–');
  if (typeof value === 'string') return paintState(printable(value));
  if (Array.isArray(value)) return value.length === 0 ? dim('–') : printable(value.map(asText).join(', '));
  return printable(asText(value));
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
