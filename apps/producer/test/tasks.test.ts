import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { TASKS } from '../src/start-tasks.js';

const SRC = path.join(import.meta.dirname, '../src');
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(path.join(SRC, file), 'utf8'));
const namesIn = (pattern: RegExp) =>
  sources.flatMap((source) => Array.from(source.matchAll(pattern), ([, name = '']) => name)).toSorted();

it('runs each defined task, under its own name', () => {
  const defined = namesIn(/: Task = \{\s+name: '(\w+)'/g);
  expect(TASKS.map(({ name }) => name).toSorted()).toEqual(defined);
  expect(defined).toEqual([...new Set(defined)]);
});

it('shares no lease between tasks, which would exclude each other', () => {
  const leases = namesIn(/withLease\(\s*[\w.]+,\s*['`](\w+)/g);
  expect(leases.length).toBeGreaterThan(5);
  expect(leases).toEqual([...new Set(leases)]);
});

it('is documented', () => {
  const docs = readFileSync(path.join(SRC, '../../../docs/observability.md'), 'utf8');
  const [row = ''] = /^\| `task` .*$/m.exec(docs) ?? [];
  expect(TASKS.filter(({ name }) => !row.includes(`\`${name}\``))).toEqual([]);
});
