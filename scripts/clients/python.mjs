import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pythonEnvironment } from '../python.mjs';
import { root } from '../setup.mjs';
import { execute, generate, PROGRAMS } from './workshop.mjs';

const OPENAPI_PYTHON_CLIENT = '0.29.1';

/** It generates no response without a content type that it knows. */
const SETTINGS = { content_type_overrides: { 'application/x-ndjson': 'text/plain' } };

/** @type {import('./workshop.mjs').GeneratedClient[]} */
export const pythonClients = [
  {
    name: 'Python, openapi-generator: every operation',
    programs: ['python3'],
    async build(workshop) {
      const client = await generate('python', workshop);
      const programOf = await pythonEnvironment(path.join(workshop.folder, 'python-1'), [client]);
      return [programOf('python'), path.join(PROGRAMS, 'every_call.py')];
    },
  },
  {
    name: 'Python, openapi-python-client',
    programs: ['python3'],
    async build({ document, folder }) {
      const client = path.join(folder, 'openapi-python-client');
      const home = path.join(root, '.posthorn', `openapi-python-client-${OPENAPI_PYTHON_CLIENT}`);
      const programOf = await pythonEnvironment(home, [`openapi-python-client==${OPENAPI_PYTHON_CLIENT}`]);
      const generator = programOf('openapi-python-client');
      // It formats the client with ruff, which is installed beside it.
      const env = { ...process.env, PATH: `${path.dirname(generator)}:${process.env.PATH}` };
      const settings = path.join(folder, 'openapi-python-client.json');
      writeFileSync(settings, JSON.stringify(SETTINGS));
      const args = ['generate', '--path', document, '--output-path', client, '--config', settings];
      await execute(generator, [...args, '--fail-on-warning'], { env });
      const installed = await pythonEnvironment(path.join(folder, 'python-2'), [client]);
      await execute(installed('python'), ['-m', 'compileall', '-q', client]);
      return [installed('python'), path.join(PROGRAMS, 'openapi_python_client.py')];
    },
  },
];
