import { readFileSync } from 'node:fs';

interface Manifest {
  version: string;
  engines: { node: string };
}

/** The package.json of this CLI. */
export const manifest: Manifest = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
