import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../setup.mjs';
import { execute, generate, PROGRAMS } from './workshop.mjs';

const COMPILER_OPTIONS = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  types: ['node'],
  typeRoots: [path.join(root, 'node_modules/@types')],
  outDir: 'out',
};

/** @type {import('./workshop.mjs').GeneratedClient} */
export const typescriptClient = {
  name: 'TypeScript, openapi-generator',
  programs: [],
  async build(workshop) {
    const client = await generate('typescript-fetch', workshop);
    copyFileSync(path.join(PROGRAMS, 'publish.ts'), path.join(client, 'publish.ts'));
    const project = { compilerOptions: COMPILER_OPTIONS, include: ['**/*.ts'] };
    writeFileSync(path.join(client, 'tsconfig.json'), JSON.stringify(project));
    await execute(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', client]);
    return [process.execPath, path.join(client, 'out/publish.js')];
  },
};
