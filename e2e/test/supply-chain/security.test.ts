// SECURITY.md names a test for each threat, and what it names is there.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { read, ROOT } from './manifests.js';

const document = read('SECURITY.md');
const [, threats = ''] = /\n## Threats\n(.*?)\n## /s.exec(document) ?? [];
const rows = threats.split('\n').filter((line) => line.startsWith('| ') && !/^\| (threat|-)/.test(line));

it('each threat has a test', () => {
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !row.includes('.test.ts)'))).toEqual([]);
});

it('each link leads to a file', () => {
  const links = Array.from(document.matchAll(/\]\(([^)#]+)/g), ([, link = '']) => link);
  expect(links.filter((link) => !existsSync(path.join(ROOT, link)))).toEqual([]);
});
