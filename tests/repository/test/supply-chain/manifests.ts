import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../../../..');

export interface Manifest {
  workspaces?: string[];
  allowScripts?: Record<string, boolean>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** What the lock file says of one place in the tree: a workspace or an installed package. */
export interface Locked extends Manifest {
  version?: string;
  license?: string;
  link?: boolean;
  resolved?: string;
  integrity?: string;
  hasInstallScript?: boolean;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

export const rootManifest = JSON.parse(read('package.json')) as Manifest;

/** The lock file's entries by their place, such as `node_modules/got` or `apps/worker`; `''` is the root. */
export const locked = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> })
  .packages;

/** The folders of all workspaces, the root (`''`) first. */
export const workspaces: string[] = ['', ...(rootManifest.workspaces ?? []).flatMap(foldersOf)];

function foldersOf(pattern: string): string[] {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  return readdirSync(path.join(ROOT, parent)).map((name) => `${parent}/${name}`);
}

export function manifestOf(workspace: string): Manifest {
  return JSON.parse(read(path.join(workspace, 'package.json'))) as Manifest;
}

/** The name of the package at a place: `node_modules/a/node_modules/@b/c` is `@b/c`. */
export function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/**
 * Every place that the programs of `from` (workspace folders) may load something of at run time. Peers and packages for other
 * platforms count, where they are in the lock file.
 */
export function productionPlaces(from: string[]): string[] {
  const found = new Set<string>(from);
  // Sets are iterated in the order of insertion, and what is added on the way is visited too.
  for (const place of found) {
    for (const name of neededBy(locked[place] ?? {})) {
      const at = resolve(place, name);
      if (at !== undefined) found.add(locked[at]?.link ? (locked[at].resolved ?? at) : at);
    }
  }
  return [...found].filter((place) => place.includes('node_modules/'));
}

function neededBy(entry: Locked): string[] {
  const peers = Object.keys(entry.peerDependencies ?? {});
  return [
    ...Object.keys(entry.dependencies ?? {}),
    ...Object.keys(entry.optionalDependencies ?? {}),
    ...peers.filter((name) => entry.peerDependenciesMeta?.[name]?.optional !== true),
  ];
}

/** Where Node finds `name` for a module at `place`: in its own node_modules, or in those of the folders above. */
function resolve(place: string, name: string): string | undefined {
  for (let folder = place; ; folder = path.posix.dirname(folder)) {
    const at = folder === '.' || folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (at in locked) return at;
    if (folder === '.' || folder === '') return undefined;
  }
}
