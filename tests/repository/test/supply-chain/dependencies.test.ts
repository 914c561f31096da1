// Checks the dependencies: each direct one is documented, versions are exact and locked with a checksum, install scripts run only if
// allowed, and production code has permissive licences.
import { describe, expect, it } from '@jest/globals';
import { locked, manifestOf, nameOf, productionPaths, read, rootManifest, workspaces } from './manifests.js';

const DOCUMENT = read('docs/dependencies.md');

/** The workspaces of the services. */
const PRODUCTION = /^(apps|packages)\/(?!testkit$)/;

const PERMISSIVE = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  // The licence of most free fonts, which restricts only the sale of the font by itself.
  'OFL-1.1',
]);

interface Direct {
  workspace: string;
  name: string;
  range: string;
  production: boolean;
}

const direct: Direct[] = workspaces.flatMap((workspace) => {
  const { dependencies = {}, devDependencies = {} } = manifestOf(workspace);
  const of = (list: Record<string, string>, production: boolean): Direct[] =>
    Object.entries(list).map(([name, range]) => ({ workspace, name, range, production }));
  return [...of(dependencies, PRODUCTION.test(workspace)), ...of(devDependencies, false)];
});
const ours = (name: string): boolean => name.startsWith('@posthorn/');
const foreign = direct.filter(({ name }) => !ours(name));

/** Returns the names in the first column of the table below a heading. Rows without a reason do not count. */
function table(heading: string): string[] {
  const [, section = ''] = DOCUMENT.split(`\n## ${heading}\n`);
  const rows = section.split('\n## ')[0]?.matchAll(/^\| `([^`]+)` *\| *\S.*\|$/gm) ?? [];
  return Array.from(rows, ([, name = '']) => name).toSorted();
}

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

describe('docs/dependencies.md', () => {
  const production = sorted(foreign.filter((one) => one.production).map(({ name }) => name));
  const development = sorted(foreign.map(({ name }) => name)).filter((name) => !production.includes(name));

  it('lists exactly the direct production dependencies', () => {
    expect(table('In production')).toEqual(production);
  });

  it('lists exactly the other direct dependencies', () => {
    expect(table('In development')).toEqual(development);
  });

  it('lists the packages whose install scripts may run', () => {
    const allowed = Object.entries(rootManifest.allowScripts ?? {}).filter(([, yes]) => yes);
    expect(table('Install scripts')).toEqual(allowed.map(([name]) => name).toSorted());
  });
});

describe('versions', () => {
  it('are exact in every package.json', () => {
    const loose = foreign.filter(({ range }) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(range));
    expect(loose).toEqual([]);
  });

  it('are the same in every workspace', () => {
    const first = new Map(foreign.toReversed().map(({ name, range }) => [name, range]));
    expect(foreign.filter(({ name, range }) => range !== first.get(name))).toEqual([]);
  });

  it('match the lock file', () => {
    for (const workspace of workspaces) {
      const { dependencies = {}, devDependencies = {} } = manifestOf(workspace);
      const lock = locked[workspace];
      expect({ workspace, ...lock?.dependencies, ...lock?.devDependencies }).toEqual({
        workspace,
        ...dependencies,
        ...devDependencies,
      });
    }
    const elsewhere = foreign.filter(({ workspace, name, range }) => {
      const own = locked[`${workspace}/node_modules/${name}`];
      return (own ?? locked[`node_modules/${name}`])?.version !== range;
    });
    expect(elsewhere).toEqual([]);
  });

  it('are locked with a checksum and come from the registry', () => {
    const installed = Object.entries(locked).filter(
      ([place, { link }]) => place.includes('node_modules/') && !link,
    );
    expect(installed.length).toBeGreaterThan(100);
    expect(
      installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([place]) => place),
    ).toEqual([]);
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual(
      [],
    );
  });
});

it('every install script is allowed or denied by name', () => {
  const withScript = Object.keys(locked).filter((place) => locked[place]?.hasInstallScript);
  expect(Object.keys(rootManifest.allowScripts ?? {}).toSorted()).toEqual(sorted(withScript.map(nameOf)));
});

it('production dependencies have permissive licences', () => {
  const places = productionPaths([
    'apps/admin-api',
    'apps/producer',
    'apps/worker',
    'packages/cli',
    'packages/local',
  ]);
  expect(places).toEqual(expect.arrayContaining(['node_modules/got', 'node_modules/pg-protocol']));
  const others = places.filter((place) => !isPermissive(locked[place]?.license));
  expect(others.map((place) => `${nameOf(place)}: ${locked[place]?.license}`)).toEqual([]);
});

/** Whether it is a permissive licence or a choice that includes one: `(MIT OR CC0-1.0)`. */
function isPermissive(licence = ''): boolean {
  return licence
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((choice) => PERMISSIVE.has(choice));
}
