import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { roleTable, scopeTable } from '../src/openapi/role-table.js';

const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/access.md'), 'utf8');

/** Returns the cells of each row, whatever their width. */
const rowsOf = (markdown: string): string[][] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim().replace(/^-+$/, '---')));

it('docs/access.md has the present tables: node scripts/write-access-tables.mjs writes them', () => {
  expect(rowsOf(text)).toEqual(rowsOf(`${scopeTable()}\n${roleTable()}`));
});
