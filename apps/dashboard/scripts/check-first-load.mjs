// After a build: what a browser loads to show each page, gzipped, and a failure when a page takes too much.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const MOST_BYTES = 300 * 1024;

const dist = path.resolve(import.meta.dirname, '../dist');
/** @type {Record<string, { file: string, css?: string[], imports?: string[], dynamicImports?: string[] }>} */
const manifest = JSON.parse(readFileSync(path.join(dist, '.vite/manifest.json'), 'utf8'));

const entry = filesOf('index.html');
const shell = filesOf('src/routes/_app.tsx?tsr-split=component');
const pages = manifest['index.html'].dynamicImports.map((chunk) => {
  const name = path.basename(chunk).split('?')[0];
  const around = name.startsWith('_app') ? [...entry, ...shell] : entry;
  return { name, bytes: bytesOf(new Set([...around, ...filesOf(chunk)])) };
});

console.log(`first load, gzipped: ${inKiB(bytesOf(entry))} before any page`);
for (const { name, bytes } of pages) console.log(`  ${inKiB(bytes)} ${name}`);
const tooLarge = pages.filter(({ bytes }) => bytes > MOST_BYTES);
if (tooLarge.length > 0) {
  console.error(`more than ${inKiB(MOST_BYTES)}: ${tooLarge.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

/** What must be there before a chunk runs: itself, its styles, and what it imports. */
function filesOf(name, found = new Set()) {
  const { file, css = [], imports = [] } = manifest[name];
  if (found.has(file)) return found;
  for (const each of [file, ...css]) found.add(each);
  for (const each of imports) filesOf(each, found);
  return found;
}

function bytesOf(files) {
  return [...files].reduce(
    (sum, file) => sum + gzipSync(readFileSync(path.join(dist, file)), { level: 9 }).length,
    0,
  );
}

function inKiB(bytes) {
  return `${(bytes / 1024).toFixed(1).padStart(6)} KiB`;
}
