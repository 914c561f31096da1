// Folders of a package do not import each other in a circle, so that each can be read with those below it alone.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { groupBy } from '@posthorn/core';
import { ROOT } from '../supply-chain/manifests.js';

const SOURCES = [':(glob)apps/*/src/**/*.ts*', ':(glob)packages/*/src/**/*.ts*'];
const IMPORT = /\b(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

const listed = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...SOURCES],
  {
    cwd: ROOT,
    encoding: 'utf8',
  },
);
const files = listed
  .trim()
  .split('\n')
  .filter((file) => existsSync(path.join(ROOT, file)));
const packages = groupBy(files, (file) => file.split('/', 2).join('/'));

it.each([...packages.keys()])('%s has no circle of folders', (name) => {
  const imports = folderImports(path.join(ROOT, name, 'src'), packages.get(name) ?? []);
  const inCircle = [...imports.keys()].filter((folder) => reachedFrom(folder, imports).has(folder));
  expect(inCircle).toEqual([]);
});

/** Returns the folders that the files of each folder import. `.` has the files directly in `root`. */
function folderImports(root: string, sources: readonly string[]): Map<string, Set<string>> {
  const folderOf = (file: string) => path.dirname(path.relative(root, file)).split('/')[0] ?? '';
  const imports = new Map<string, Set<string>>();
  for (const source of sources) {
    const file = path.join(ROOT, source);
    const from = folderOf(file);
    const targets = imports.get(from) ?? new Set();
    for (const [, target = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const folder = folderOf(path.resolve(path.dirname(file), target));
      if (folder !== from && !folder.startsWith('..')) targets.add(folder);
    }
    imports.set(from, targets);
  }
  return imports;
}

/** Returns the folders that a folder imports, directly or through others. */
function reachedFrom(folder: string, imports: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set<string>();
  const add = (from: string): void => {
    for (const to of imports.get(from) ?? []) {
      if (reached.has(to)) continue;
      reached.add(to);
      add(to);
    }
  };
  add(folder);
  return reached;
}
