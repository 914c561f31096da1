// All the set-up that a fresh clone needs, with nothing there but Node and npm: dependencies and build.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run-program.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Ends the process with one clear line when something is missing that it cannot mend. */
export async function setUp() {
  process.chdir(root);
  checkNode();
  if (!isInstalled())
    await quietly('Installing dependencies…', ...npm('ci', '--include=dev', '--no-audit', '--no-fund'));
  await quietly('Building…', ...turbo('run', 'build', '--output-logs=errors-only'));
}

/** @returns {[string, string[]]} */
export function turbo(...args) {
  return [process.execPath, [path.join(root, 'node_modules/turbo/bin/turbo'), ...args]];
}

/** @returns {[string, string[]]} */
export function npm(...args) {
  // Under npm this is npm's own program, which may not be on PATH.
  const own = process.env.npm_execpath;
  return own && own.endsWith('.js') ? [process.execPath, [own, ...args]] : ['npm', args];
}

function checkNode() {
  const wanted = readJson('package.json').engines.node.replace(/^\D+/, '');
  if (isAtLeast(process.versions.node, wanted)) return;
  console.error(
    `posthorn needs Node ${wanted} or newer; this is ${process.versions.node} (${process.execPath})`,
  );
  process.exit(1);
}

function isAtLeast(version, wanted) {
  const [parts, wantedParts] = [version, wanted].map((text) => text.split('.').map(Number));
  const index = wantedParts.findIndex((part, position) => part !== parts[position]);
  return index === -1 || parts[index] > wantedParts[index];
}

/** Whether everything is in its place that the lock file says, by the list that npm leaves when it is done. */
function isInstalled() {
  const wanted = Object.entries(readJson('package-lock.json').packages);
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return false;
  }
  return wanted
    .filter(([place, { optional }]) => place.includes('node_modules/') && !optional)
    .every(
      ([place, { version }]) => installed[place]?.version === version && existsSync(path.join(root, place)),
    );
}

async function quietly(headline, program, args) {
  console.log(headline);
  const { code, output } = await run(program, args, { capture: true });
  if (code === 0) return;
  console.error(output);
  process.exit(code);
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
