// Prepares a fresh clone, given only Node and npm: installs the dependencies and builds.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run-program.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Exits the process if Node is too old. Installs missing dependencies and builds, unless the program that has started this one did;
 * exits the process if that fails.
 */
export async function setUp() {
  process.chdir(root);
  checkNode();
  if (process.env.SET_UP_IN === root) return;
  if (!isInstalled())
    await runQuietly('Installing dependencies…', ...npm('ci', '--include=dev', '--no-audit', '--no-fund'));
  await runQuietly('Building…', ...turbo('run', 'build', '--output-logs=errors-only'));
  // Turbo would write the files of the build again, while others read them.
  process.env.SET_UP_IN = root;
}

/** @returns {[string, string[]]} */
export function turbo(...args) {
  return [process.execPath, [path.join(root, 'node_modules/turbo/bin/turbo'), ...args]];
}

/** @returns {[string, string[]]} */
export function npm(...args) {
  // npm sets this to its own path. It may be missing from PATH.
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, [script, ...args]] : ['npm', args];
}

function checkNode() {
  const minimum = readJson('package.json').engines.node.replace(/^\D+/, '');
  if (isAtLeast(process.versions.node, minimum)) return;
  console.error(
    `Posthorn requires Node ${minimum} or later. This is ${process.versions.node} (${process.execPath})`,
  );
  process.exit(1);
}

function isAtLeast(version, minimum) {
  const [parts, minimumParts] = [version, minimum].map((text) => text.split('.').map(Number));
  const index = minimumParts.findIndex((part, position) => part !== parts[position]);
  return index === -1 || parts[index] > minimumParts[index];
}

/** Returns whether all packages of the lock file are installed, according to the list that npm writes after an installation. */
function isInstalled() {
  const locked = Object.entries(readJson('package-lock.json').packages);
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return false;
  }
  return locked
    .filter(([folder, { optional }]) => folder.includes('node_modules/') && !optional)
    .every(
      ([folder, { version }]) =>
        installed[folder]?.version === version && existsSync(path.join(root, folder)),
    );
}

async function runQuietly(headline, program, args) {
  console.log(headline);
  const { code, output } = await run(program, args, { capture: true });
  if (code === 0) return;
  console.error(output);
  process.exit(code);
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
