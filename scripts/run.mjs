// npm run demo, npm run bench, …: sets up what is missing, then runs <name>/dist/main.js in this process.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, setUp } from './setup.mjs';

const [name = '', ...args] = process.argv.slice(2);
await setUp();
const main = path.join(root, name, 'dist/main.js');
if (name === '' || !existsSync(main)) {
  console.error(`there is nothing to run at ${path.relative(root, main)}`);
  process.exit(1);
}
process.argv = [process.execPath, main, ...args];
await import(pathToFileURL(main).href);
