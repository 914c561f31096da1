import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execute, generate, PROGRAMS } from './workshop.mjs';

const OAPI_CODEGEN = 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2';

/** @type {import('./workshop.mjs').GeneratedClient[]} */
export const goClients = [
  {
    name: 'Go, openapi-generator',
    programs: ['go'],
    async build(workshop) {
      const folder = await generate('go', workshop);
      return compile({
        folder,
        module: 'github.com/GIT_USER_ID/GIT_REPO_ID',
        program: 'openapi-generator.go',
      });
    },
  },
  {
    name: 'Go, oapi-codegen',
    programs: ['go'],
    async build({ document, folder: parent }) {
      const folder = path.join(parent, 'oapi-codegen');
      mkdirSync(folder);
      const source = await execute('go', ['run', OAPI_CODEGEN, '-package', 'posthorn', document], {
        cwd: parent,
      });
      writeFileSync(path.join(folder, 'client.go'), source);
      const module = 'example.com/posthorn';
      await execute('go', ['mod', 'init', module], { cwd: folder });
      return compile({ folder, module, program: 'oapi-codegen.go' });
    },
  },
];

/** Compiles the whole client, and a program that uses it. Returns the command of the program. */
async function compile({ folder, module, program }) {
  await execute('go', ['mod', 'tidy'], { cwd: folder });
  await execute('go', ['vet', './...'], { cwd: folder });
  const cwd = `${folder}-program`;
  mkdirSync(cwd);
  copyFileSync(path.join(PROGRAMS, program), path.join(cwd, 'main.go'));
  await execute('go', ['mod', 'init', 'example.com/program'], { cwd });
  await execute('go', ['mod', 'edit', `-replace=${module}=${folder}`], { cwd });
  await execute('go', ['mod', 'tidy'], { cwd });
  await execute('go', ['build', '-o', 'program', '.'], { cwd });
  return [path.join(cwd, 'program')];
}
