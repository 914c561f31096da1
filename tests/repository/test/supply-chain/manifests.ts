import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../../../..');

export interface Manifest {
  workspaces?: string[];
  allowScripts?: Record<string, boolean>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** A lock file entry: a workspace or an installed package. */
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

/** The lock file entries by path, such as `node_modules/got` or `apps/worker`; `''` is the root. */
export const locked = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> })
  .packages;

/** The folders of all workspaces, starting with the root (`''`). */
export const workspaces: string[] = ['', ...(rootManifest.workspaces ?? []).flatMap(foldersOf)];

function foldersOf(pattern: string): string[] {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  return readdirSync(path.join(ROOT, parent)).map((name) => `${parent}/${name}`);
}

export function manifestOf(workspace: string): Manifest {
  return JSON.parse(read(path.join(workspace, 'package.json'))) as Manifest;
}

/** Returns the name of the package at a path: `@b/c` for `node_modules/a/node_modules/@b/c`. */
export function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/**
 * Returns the paths of all packages that the workspaces in `from` may load at run time, peer dependencies and packages for other
 * platforms included if they are in the lock file.
 */
export function productionPaths(from: string[]): string[] {
  const found = new Set<string>(from);
  // The iteration of a Set also visits elements that are added during it.
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

/** Returns the path where Node resolves `name` for a module at `place`: in its own or a parent folder's node_modules. */
function resolve(place: string, name: string): string | undefined {
  for (let folder = place; ; folder = path.posix.dirname(folder)) {
    const at = folder === '.' || folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (at in locked) return at;
    if (folder === '.' || folder === '') return undefined;
  }
}
