// Tests outside packages/database make rows with its fixtures, or through the API. remaining-writes.json has how many statements each file
// still writes on its own: a number may only become smaller.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import remaining from './remaining-writes.json' with { type: 'json' };
import { ROOT } from '../supply-chain/manifests.js';

const TESTS = ['apps', 'packages', 'tests'].map((folder) => `:(glob)${folder}/*/test/**/*.ts`);
const OTHERS = [':(exclude)packages/database/test', ':(exclude)tests/repository/test'];

/** The start of an SQL statement that writes. */
const WRITE = /\b(?:INSERT INTO|DELETE FROM|TRUNCATE|UPDATE [a-z_]+\s+SET)\b/g;

const listFiles = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...TESTS, ...OTHERS];

it('tests write no rows with statements of their own, other than those that remain', () => {
  const files = execFileSync('git', listFiles, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  expect(files.length).toBeGreaterThan(300);
  const written = files.flatMap((file) => {
    const count = readFileSync(path.join(ROOT, file), 'utf8').match(WRITE)?.length ?? 0;
    return count === 0 ? [] : [[file, count] as const];
  });
  expect(Object.fromEntries(written)).toEqual(remaining);
});
