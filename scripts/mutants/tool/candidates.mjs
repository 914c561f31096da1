// Chooses the unit tests that import a module, directly or through others.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Imports and exports that exist at run time, and dynamic imports. */
const IMPORTS = /\b(?:import|export)\s(?!type\s)[^'"`;()]*?from\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g;
const IS_UNIT_TEST = /^(?!tests\/(?:browser|e2e)\/).*\/test\/.*(?<!\.system)\.test\.ts$/;
/** A test of the same package runs before one of another package that is three imports nearer. */
const OTHER_PACKAGE = 3;
/** A test that has the name of an export of the file runs before one that is four imports nearer. */
const NAMED = 4;
/** A word of the path of a test that the path of the file or the name of the mutant has counts like two imports. */
const COMMON_WORD = 2;

/** Returns a function that returns the unit tests that reach the file of a mutant, those that most likely detect it first. */
export function candidatesIn(folder) {
  const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx'], { cwd: folder, encoding: 'utf8' });
  const importers = importersOf(files.trim().split('\n'), folder);
  return ({ file, name }) => {
    const distances = distancesTo(file, importers);
    const names = exportsOf(readFileSync(path.join(folder, file), 'utf8'));
    const words = new Set([...wordsOf(file), ...name.split(/[^A-Za-z]+/).map(singular)]);
    const isNamedIn = (test) => names?.test(readFileSync(path.join(folder, test), 'utf8'));
    const rank = (test) =>
      distances.get(test) +
      (packageOf(test) === packageOf(file) ? 0 : OTHER_PACKAGE) -
      (isNamedIn(test) ? NAMED : 0) -
      COMMON_WORD * wordsOf(test).filter((word) => words.has(word)).length;
    return [...distances.keys()]
      .filter((test) => IS_UNIT_TEST.test(test))
      .map((test) => ({ test, rank: rank(test) }))
      .toSorted((a, b) => a.rank - b.rank || (a.test < b.test ? -1 : 1))
      .map(({ test }) => test);
  };
}

/** Returns the files that import each file. */
function importersOf(files, folder) {
  const importers = new Map();
  for (const file of files)
    for (const [, from, dynamic] of readFileSync(path.join(folder, file), 'utf8').matchAll(IMPORTS)) {
      const imported = resolve(from ?? dynamic, file, folder);
      if (imported) importers.set(imported, [...(importers.get(imported) ?? []), file]);
    }
  return importers;
}

function resolve(specifier, importer, folder) {
  if (specifier.startsWith('@posthorn/')) return sourceOf(specifier, folder);
  if (!specifier.startsWith('.')) return undefined;
  const base = path.join(path.dirname(importer), specifier).replace(/\.js$/, '');
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find(
    (name) => path.extname(name) && existsSync(path.join(folder, name)),
  );
}

/** Returns the source of `@posthorn/name` or `@posthorn/name/part`, by the exports of the package. */
function sourceOf(specifier, folder) {
  const [, name, part] = /^@posthorn\/([^/]+)(.*)$/.exec(specifier);
  const home = ['packages', 'apps', 'tests'].find((base) =>
    existsSync(path.join(folder, base, name, 'package.json')),
  );
  if (!home) return undefined;
  const { exports } = JSON.parse(readFileSync(path.join(folder, home, name, 'package.json'), 'utf8'));
  const source = exports?.[`.${part}`]?.['@posthorn/source'];
  return source && path.join(home, name, source);
}

/** Returns the number of imports between each file that reaches the file, and the file. */
function distancesTo(file, importers) {
  const distances = new Map([[file, 0]]);
  for (const [reached, distance] of distances)
    for (const importer of importers.get(reached) ?? [])
      if (!distances.has(importer)) distances.set(importer, distance + 1);
  return distances;
}

/** Returns an expression that finds the names of the exports, or null if there are none. */
function exportsOf(text) {
  const names = [...text.matchAll(/^export (?:async )?(?:const|function\*?|class|let) (\w+)/gm)].map(
    ([, name]) => name,
  );
  return names.length === 0 ? null : new RegExp(`\\b(?:${names.join('|')})\\b`);
}

const packageOf = (file) => file.split('/', 2).join('/');

/** The words of the name of a file and of its folder, without plurals. */
function wordsOf(file) {
  return file
    .replace(/^[^/]+\/[^/]+\/(?:src|test)\//, '')
    .replace(/(?:\.test)?\.tsx?$/, '')
    .split(/[/-]/)
    .map(singular);
}

const singular = (word) => word.replace(/s$/, '');
