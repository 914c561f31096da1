// Checks that SECURITY.md names a test for each threat; ../docs/links.test.ts checks that it exists.
import { expect, it } from '@jest/globals';
import { read } from './manifests.js';

const document = read('SECURITY.md');
const [, threats = ''] = /\n## Threats\n(.*?)\n## /s.exec(document) ?? [];
const rows = threats.split('\n').filter((line) => line.startsWith('| ') && !/^\| (threat|-)/.test(line));

it('each threat has a test', () => {
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !row.includes('.test.ts)'))).toEqual([]);
});
