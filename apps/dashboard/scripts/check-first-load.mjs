// Runs after a build. Prints the gzipped size that each page loads and fails if a page exceeds the limit.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const MAX_BYTES = 300 * 1024;

const dist = path.resolve(import.meta.dirname, '../dist');
/** @type {Record<string, { file: string, css?: string[], imports?: string[], dynamicImports?: string[] }>} */
const manifest = JSON.parse(readFileSync(path.join(dist, '.vite/manifest.json'), 'utf8'));

const entry = filesOf('index.html');
const shell = filesOf('src/routes/_app.tsx?tsr-split=component');
const pages = manifest['index.html'].dynamicImports.map((chunk) => {
  const name = path.basename(chunk).split('?')[0];
  const shared = name.startsWith('_app') ? [...entry, ...shell] : entry;
  return { name, bytes: bytesOf(new Set([...shared, ...filesOf(chunk)])) };
});

console.log(`First load, gzipped: ${formatKiB(bytesOf(entry))} shared by all pages`);
for (const { name, bytes } of pages) console.log(`  ${formatKiB(bytes)} ${name}`);
const tooLarge = pages.filter(({ bytes }) => bytes > MAX_BYTES);
if (tooLarge.length > 0) {
  console.error(`More than ${formatKiB(MAX_BYTES).trim()}: ${tooLarge.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

/** Returns the files that a chunk needs: itself, its styles and its imports. */
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

function formatKiB(bytes) {
  return `${(bytes / 1024).toFixed(1).padStart(6)} KiB`;
}
