// The packed package: its manifest and types, and its import where there is no DOM.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const run = promisify(execFile);
const PACKAGE = path.resolve(import.meta.dirname, '..');
const NODE_MODULES = path.resolve(PACKAGE, '../../node_modules');

/** Uses both entry points, with type errors that the compiler must report. */
const USE = `
import { type FetchLink, PosthornPortalElement } from '@posthorn/portal';
import { PosthornPortal } from '@posthorn/portal/react';

const fetchLink: FetchLink = async () => 'https://hooks.example/portal';
export function use(): void {
  document.createElement('posthorn-portal').fetchLink = fetchLink;
  PosthornPortal({ fetchLink, language: 'de', colorScheme: 'dark', className: 'portal' });
  // @ts-expect-error -- fetchLink is missing
  PosthornPortal({});
  // @ts-expect-error -- not a color scheme
  PosthornPortal({ fetchLink, colorScheme: 'blue' });
}
console.log(typeof PosthornPortalElement, typeof PosthornPortal);
`;

let folder: string;
let tarball: string;
let installed: string;

beforeAll(async () => {
  // Below node_modules: React resolves there, and no other tool looks.
  mkdirSync(path.join(NODE_MODULES, '.cache'), { recursive: true });
  folder = mkdtempSync(path.join(NODE_MODULES, '.cache/portal-consumer-'));
  const pack = ['pack', '--ignore-scripts', '--json', `--pack-destination=${folder}`];
  const { stdout } = await run('npm', pack, { cwd: PACKAGE });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  tarball = path.join(folder, filename);
  await run('tar', ['-xzf', tarball, '-C', folder]);
  installed = path.join(folder, 'node_modules/@posthorn/portal');
  mkdirSync(path.dirname(installed), { recursive: true });
  renameSync(path.join(folder, 'package'), installed);
}, 240_000);
afterAll(() => {
  if (folder) rmSync(folder, { recursive: true });
});

it('passes publint and has correct types', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  if (!result.types) throw new Error('no types');
  // It is for bundlers and browsers, as ES modules only.
  const problems = result.problems.filter(
    (problem) => 'resolutionKind' in problem && ['node16-esm', 'bundler'].includes(problem.resolutionKind),
  );
  expect(problems).toEqual([]);
}, 240_000);

it('can be compiled with its types, and imported where there is no DOM', async () => {
  const compilerOptions = { target: 'es2022', module: 'nodenext', strict: true, outDir: 'out', types: [] };
  writeFileSync(path.join(folder, 'use.ts'), USE);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['use.ts'] }));
  const tsc = path.join(NODE_MODULES, 'typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) => {
    throw new Error(stdout);
  });
  const { stdout } = await run(process.execPath, ['out/use.js'], { cwd: folder });
  expect(stdout).toBe('function function\n');
}, 240_000);
