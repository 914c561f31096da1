// docs/configuration.md lists each setting with its default, its processes and its description, as in the code.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { apiConfig, allConfig, producerConfig, workerConfig, type Field } from '@posthorn/runtime/config';

const PAGE = path.resolve(import.meta.dirname, '../configuration.md');

const READERS: [string, Field[]][] = [
  ['API', Object.values(apiConfig)],
  ['producer', Object.values(producerConfig)],
  ['worker', Object.values(workerConfig)],
];

it('has a row for each setting', () => {
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replaceAll(/ +/g, ' '));
  expect(rows.toSorted()).toEqual(Object.values(allConfig).map(row).toSorted());
});

function row(field: Field): string {
  const readers = READERS.filter(([, fields]) => fields.includes(field)).map(([name]) => name);
  const who = readers.length === READERS.length ? 'all' : readers.join(', ') || 'role `all`';
  return `| \`${field.env}\` | ${defaultOf(field)} | ${who} | ${field.description} |`;
}

function defaultOf({ default: text }: Field): string {
  if (text === undefined) return '**must be set**';
  return text === '' ? 'none' : `\`${text}\``;
}
