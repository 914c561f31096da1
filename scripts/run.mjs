// npm run demo, npm run chaos, …: installs and builds if necessary, then runs <folder>/dist/main.js in this process.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const [folder = '', ...args] = process.argv.slice(2);
await setUp();
const main = path.join(root, folder, 'dist/main.js');
if (folder === '' || !existsSync(main)) {
  console.error(`Program not found: ${path.relative(root, main)}`);
  process.exit(1);
}
process.argv = [process.execPath, main, ...args];
await import(pathToFileURL(main).href);
