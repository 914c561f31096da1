import { readFileSync } from 'node:fs';

interface Manifest {
  version: string;
  engines: { node: string };
}

/** What package.json says of this command line. */
export const manifest: Manifest = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
