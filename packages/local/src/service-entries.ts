import { createRequire } from 'node:module';
import path from 'node:path';
import type { ServiceRole } from './roles.js';

const PACKAGES: Record<ServiceRole, string> = {
  api: '@posthorn/admin-api',
  producer: '@posthorn/producer',
  worker: '@posthorn/worker',
  all: '@posthorn/all',
};

/** Returns the path of a service's main program. It is not an export, so it is found through the package.json. */
export function serviceEntry(role: ServiceRole): string {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGES[role]}/package.json`);
  return path.join(path.dirname(manifest), 'dist/main.js');
}
