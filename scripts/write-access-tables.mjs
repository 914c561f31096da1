// Writes the tables of docs/access.md. Requires a build. packages/contract/test/access-tables.test.ts compares them.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { roleTable, scopeTable } from '@posthorn/contract';

const FILE = 'docs/access.md';

let text = readFileSync(FILE, 'utf8');
for (const [name, table] of [
  ['scopes', scopeTable()],
  ['calls', roleTable()],
]) {
  const start = `<!-- ${name}: scripts/write-access-tables.mjs -->\n`;
  const from = text.indexOf(start) + start.length;
  text = `${text.slice(0, from)}\n${table}\n\n${text.slice(text.indexOf('<!-- end -->', from))}`;
}
writeFileSync(FILE, text);
execFileSync('npx', ['oxfmt', FILE], { stdio: 'inherit' });
