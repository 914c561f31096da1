// npm run schemathesis [-- OPTIONS]: tests a running API against its OpenAPI document with Schemathesis. Requires Python 3.10 or
// later with venv, so npm test does not include it. The first run installs Schemathesis below .posthorn.
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
    fail(`${command} not found. npm run schemathesis requires Python 3.10 or later on the PATH`);
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
    fail('Cannot create a virtual environment. Install the venv module of Python');
  if (run(path.join(venv, 'bin/pip'), ['install', '--quiet', `schemathesis==${VERSION}`]) !== 0) {
    fail(`Cannot install schemathesis ${VERSION}`);
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
    // They would revoke the API key of this run.
    '--exclude-operation-id=revokeApiKey',
    '--exclude-operation-id=rotateApiKey',
    // The response is an endless stream.
    '--exclude-operation-id=followOverview',
    '--checks=all',
    // Rules that a schema cannot express: a key already in use, a time in the future, a range that ends after its start.
    '--exclude-checks=positive_data_acceptance',
    '--max-examples=20',
    ...process.argv.slice(2),
  ]);
} finally {
  await stack.stop();
}
