// npm run schemathesis [-- options of it]: the running API, held against its OpenAPI document from the outside. Needs
// python3 with venv, so it is no part of npm test; schemathesis itself is installed once, below .posthorn.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { root, setUp } from './setup.mjs';

const VERSION = '4.32.5';
const home = path.join(root, '.posthorn');
const venv = path.join(home, `schemathesis-${VERSION}`);
const program = path.join(venv, 'bin/schemathesis');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', cwd: home });
  if (error?.code === 'ENOENT')
    fail(`${command} is not on the PATH: npm run schemathesis needs Python 3.10 or later`);
  return status ?? 1;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

function install() {
  if (existsSync(program)) return;
  mkdirSync(home, { recursive: true });
  if (run('python3', ['-m', 'venv', venv]) !== 0)
    fail('python3 cannot make a virtual environment: install its venv module');
  if (run(path.join(venv, 'bin/pip'), ['install', '--quiet', `schemathesis==${VERSION}`]) !== 0) {
    fail(`schemathesis ${VERSION} could not be installed`);
  }
}

install();
await setUp();
const { startStack } = await import('@posthorn/local');
const stack = await startStack({
  ephemeral: true,
  workers: 1,
  env: { POSTHORN_AUTH_FAILURES_PER_MINUTE: '1000000' },
});
try {
  process.exitCode = run(program, [
    'run',
    `${stack.apiUrl}/openapi.json`,
    `--header=Authorization: Bearer ${stack.adminKey}`,
    '--phases=examples,coverage,fuzzing',
    // They would end the key of the run itself.
    '--exclude-operation-id=revokeApiKey',
    '--exclude-operation-id=rotateApiKey',
    // It has no end.
    '--exclude-operation-id=followOverview',
    '--checks=all',
    // What a schema cannot say: a key that was used before, a time that must lie ahead, a range that ends after its start.
    '--exclude-checks=positive_data_acceptance',
    '--max-examples=20',
    ...process.argv.slice(2),
  ]);
} finally {
  await stack.stop();
}
