// npm run schemathesis [-- OPTIONS]: tests a separate stack against its OpenAPI document with Schemathesis, in about a minute. The
// first run installs Schemathesis below .posthorn. Without Python 3.10 or later it is skipped, except where REQUIRE_PYTHON is set.
import path from 'node:path';
import { pythonEnvironment, PythonUnavailable } from './python.mjs';
import { run } from './run-program.mjs';
import { root, setUp } from './setup.mjs';

const VERSION = '4.32.5';
const folder = path.join(root, 'scripts/schemathesis');

await setUp();
try {
  const home = path.join(root, '.posthorn', `schemathesis-${VERSION}`);
  const programOf = await pythonEnvironment(home, [`schemathesis==${VERSION}`]);
  process.exitCode = await testStack(programOf('schemathesis'));
} catch (error) {
  if (!(error instanceof PythonUnavailable)) throw error;
  console.error(`Schemathesis skipped. ${error.message}`);
  process.exitCode = process.env.REQUIRE_PYTHON ? 1 : 0;
}

async function testStack(schemathesis) {
  const { startStack } = await import('@posthorn/local');
  const stack = await startStack({
    ephemeral: true,
    workers: 1,
    env: { POSTHORN_AUTH_FAILURES_PER_MINUTE: '1000000' },
  });
  process.env.SCHEMATHESIS_HOOKS = 'hooks';
  process.env.PYTHONPATH = folder;
  process.env.PYTHONDONTWRITEBYTECODE = '1';
  try {
    const { code } = await run(schemathesis, [
      `--config-file=${path.join(folder, 'schemathesis.toml')}`,
      'run',
      `${stack.apiUrl}/openapi.json`,
      `--header=Authorization: Bearer ${stack.adminKey}`,
      '--max-examples=5',
      '--seed=1',
      '--generation-database=none',
      '--continue-on-failure',
      '--warnings=off',
      ...process.argv.slice(2),
    ]);
    return code;
  } finally {
    await stack.stop();
  }
}
