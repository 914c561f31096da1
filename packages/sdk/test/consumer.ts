import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SDK = path.resolve(import.meta.dirname, '..');
const NODE_MODULES = path.resolve(SDK, '../../node_modules');
const TSC = path.join(NODE_MODULES, 'typescript/bin/tsc');

const COMPILER_OPTIONS = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  types: ['node'],
  outDir: 'out',
};

/** A project with the packed SDK installed, as published. */
export interface Consumer {
  /** Folder of the installed SDK. */
  sdk: string;
  tarball: string;
  /** Type-checks and compiles the project. @throws Error with the compiler's output */
  compile(): Promise<void>;
  /** Runs a compiled program until it exits and returns its output. */
  run(file: string, env?: Record<string, string>): Promise<string>;
  /** Runs a compiled program in a project where npm installed the SDK beside the given packages, and returns its output. */
  runBeside(packages: readonly string[], file: string, env: Record<string, string>): Promise<string>;
  /** Starts a compiled program. */
  start(file: string, env?: Record<string, string>): ChildProcess;
  /** Bundles a compiled program and its imports into one script that exports to the global `name`. */
  bundle(file: string, name: string): Promise<string>;
  remove(): void;
}

/** Creates a consumer with the given files, keyed by name. */
export async function consumerWith(files: Record<string, string>): Promise<Consumer> {
  // Below node_modules: the SDK's dependencies resolve there, and no other tool looks.
  mkdirSync(path.join(NODE_MODULES, '.cache'), { recursive: true });
  const folder = mkdtempSync(path.join(NODE_MODULES, '.cache/sdk-consumer-'));
  const project = {
    ...files,
    'package.json': JSON.stringify({ type: 'module' }),
    'tsconfig.json': JSON.stringify({ compilerOptions: COMPILER_OPTIONS, include: ['*'] }),
  };
  for (const [name, text] of Object.entries(project)) writeFileSync(path.join(folder, name), text);
  const out = path.join(folder, 'out');
  const installed = await installSdk(folder);
  return {
    ...installed,
    async compile() {
      await run(process.execPath, [TSC, '-p', folder]).catch(({ stdout }) => {
        throw new Error(stdout);
      });
    },
    async run(file, env = {}) {
      return (await run(process.execPath, [file], { cwd: out, env })).stdout;
    },
    async runBeside(packages, file, env) {
      const home = mkdtempSync(path.join(tmpdir(), 'posthorn-sdk-'));
      try {
        writeFileSync(path.join(home, 'package.json'), JSON.stringify({ type: 'module' }));
        const quietly = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
        await run('npm', ['install', ...quietly, installed.tarball, ...packages], { cwd: home });
        copyFileSync(path.join(out, file), path.join(home, file));
        return (await run(process.execPath, [file], { cwd: home, env })).stdout;
      } finally {
        rmSync(home, { recursive: true });
      }
    },
    start: (file, env = {}) =>
      spawn(process.execPath, [file], { cwd: out, env, stdio: ['ignore', 'pipe', 'inherit'] }),
    async bundle(file, name) {
      const options = ['--platform=browser', '--format=iife', `--name=${name}`, '--file=bundle.js'];
      // In a separate process: rolldown rejects regular expressions from Jest's realm.
      await run('npx', ['--no', 'rolldown', '--', file, ...options], { cwd: out });
      return readFileSync(path.join(out, 'bundle.js'), 'utf8');
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

async function installSdk(folder: string): Promise<Pick<Consumer, 'sdk' | 'tarball'>> {
  const pack = ['pack', '--ignore-scripts', '--json', `--pack-destination=${folder}`];
  const { stdout } = await run('npm', pack, { cwd: SDK });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const tarball = path.join(folder, filename);
  await run('tar', ['-xzf', tarball, '-C', folder]);
  const sdk = path.join(folder, 'node_modules/@posthorn/sdk');
  mkdirSync(path.dirname(sdk), { recursive: true });
  renameSync(path.join(folder, 'package'), sdk);
  return { sdk, tarball };
}

/** Returns the named code blocks of the README, keyed by name. */
export function readmeBlocks(): Record<string, string> {
  const readme = readFileSync(path.join(SDK, 'README.md'), 'utf8');
  const blocks = readme.matchAll(/^```ts (\S+)\n(.*?)^```$/gms);
  return Object.fromEntries(Array.from(blocks, ([, name = '', code = '']) => [name, code]));
}
