// Node's module hooks for tests: packages are imported from their sources (condition @posthorn/source). Spaces replace types, so stack
// traces need no source maps.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/wasm-typescript';

const GLOBALS = new URL('globals.mjs', import.meta.url).href;

export async function resolve(specifier, context, nextResolve) {
  if (specifier === '@jest/globals') return { url: GLOBALS, shortCircuit: true };
  const source = sourceOf(specifier, context.parentURL);
  if (source) return { url: source, shortCircuit: true };
  return nextResolve(specifier, { ...context, conditions: ['@posthorn/source', ...context.conditions] });
}

/** Returns the URL of `./name.ts`, which TypeScript imports as `./name.js`. */
function sourceOf(specifier, parent) {
  if (!specifier.startsWith('.') || !specifier.endsWith('.js') || !parent?.endsWith('.ts')) return undefined;
  const url = new URL(specifier.replace(/\.js$/, '.ts'), parent);
  return existsSync(url) ? url.href : undefined;
}

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts')) return nextLoad(url, context);
  const source = await readFile(fileURLToPath(url), 'utf8');
  const { code } = transformSync(source, { mode: 'strip-only', module: true, filename: url });
  return { format: 'module', source: code, shortCircuit: true };
}
