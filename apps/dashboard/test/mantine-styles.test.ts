import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';

const SOURCES = path.resolve(import.meta.dirname, '../src');
const MODULES = path.resolve(import.meta.dirname, '../../../node_modules');
const CORE = path.join(MODULES, '@mantine/core');

/** What is loaded before the components. */
const BASE = ['baseline', 'default-css-variables', 'global'];

it('the styles of all components that are used are loaded, and no others', () => {
  const list = readdirSync(path.join(SOURCES, 'theme'))
    .filter((file) => /^mantine.*\.css$/.test(file))
    .map((file) => readFileSync(path.join(SOURCES, 'theme', file), 'utf8'))
    .join('\n');
  const loaded = Array.from(list.matchAll(/styles\/([\w-]+)\.layer\.css/g), ([, name = '']) => name);
  expect(loaded.toSorted()).toEqual([...BASE, ...stylesOf(usedNames())].toSorted());
});

/** Returns what the dashboard and the other packages of Mantine import from its core. */
function usedNames(): Set<string> {
  const folders = [
    SOURCES,
    ...['notifications', 'charts'].map((name) => path.join(MODULES, '@mantine', name, 'esm')),
  ];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:tsx?|mjs)$/.test(file))
      .map((file) => path.join(folder, file)),
  );
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const imports = [...text.matchAll(/import \{([^}]*)\} from ['"]@mantine\/core['"]/g)];
  const names = imports.flatMap(([, list = '']) => list.split(','));
  return new Set(
    names.map(
      (name) =>
        name
          .trim()
          .replace(/^type /, '')
          .split(' ')[0] ?? '',
    ),
  );
}

/** Returns the style sheets that components and their parts need. */
function stylesOf(names: ReadonlySet<string>): string[] {
  const visited = new Set<string>();
  const visit = (file: string): void => {
    if (visited.has(file)) return;
    visited.add(file);
    if (file.endsWith('.module.mjs')) return;
    for (const [, imported = ''] of readFileSync(file, 'utf8').matchAll(/from "(\.[^"]+)"/g))
      visit(path.resolve(path.dirname(file), imported));
  };
  const index = readFileSync(path.join(CORE, 'esm/index.mjs'), 'utf8');
  for (const [, list = '', file = ''] of index.matchAll(/import \{([^}]*)\} from "(\.[^"]+)"/g))
    if (list.split(',').some((name) => names.has(name.trim()))) visit(path.resolve(CORE, 'esm', file));
  const modules = [...visited].filter((file) => file.endsWith('.module.mjs'));
  return modules
    .map((file) => path.basename(file, '.module.mjs'))
    .filter((name) => existsSync(path.join(CORE, `styles/${name}.layer.css`)));
}
