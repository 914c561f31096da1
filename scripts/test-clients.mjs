// npm run test:clients: generates clients in Go, Java, Python and TypeScript from the OpenAPI document, with the default settings of
// their generators, compiles them, and publishes an event with each on a separate stack. Requires Python 3.10 or later; a language
// without compiler is skipped, except where CI is set. The first run downloads generators and libraries.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { goClients } from './clients/go.mjs';
import { javaClient } from './clients/java.mjs';
import { pythonClients } from './clients/python.mjs';
import { typescriptClient } from './clients/typescript.mjs';
import { execute } from './clients/workshop.mjs';
import { setUp } from './setup.mjs';

const CLIENTS = [...pythonClients, typescriptClient, ...goClients, javaClient];
const counts = { passed: 0, failed: 0, skipped: 0 };

const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-clients-'));
try {
  await setUp();
  await writeDocument();
  await withStack(async (stack) => {
    for (const client of CLIENTS) counts[await test(client, stack)] += 1;
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const { passed, failed, skipped } = counts;
console.log(`test:clients: ${passed} passed, ${failed} failed, ${skipped} skipped`);
if (failed > 0) process.exitCode = 1;

async function writeDocument() {
  const { openApiDocument } = await import('@posthorn/contract');
  writeFileSync(path.join(folder, 'openapi.json'), JSON.stringify(openApiDocument('0.0.0')));
}

async function withStack(use) {
  const { startStack } = await import('@posthorn/local');
  const attestationUntil = new Date(Date.now() + 3_600_000).toISOString();
  const env = { POSTHORN_ATTESTATION_UNTIL: attestationUntil, POSTHORN_EGRESS_ADDRESSES: '198.51.100.0/28' };
  const stack = await startStack({ ephemeral: true, workers: 1, env });
  try {
    await use(stack);
  } finally {
    await stack.stop();
  }
}

/** @returns {Promise<'passed' | 'failed' | 'skipped'>} */
async function test({ name, programs, build }, stack) {
  const { which } = await import('@posthorn/local');
  const missing = programs.filter((program) => which(program) === undefined);
  if (missing.length > 0) {
    console.log(`- ${name}: ${missing.join(' and ')} not found`);
    return process.env.CI ? 'failed' : 'skipped';
  }
  try {
    const [program, ...args] = await build({ document: path.join(folder, 'openapi.json'), folder });
    const printed = (await execute(program, [...args, stack.apiUrl, stack.adminKey])).trim().split('\n');
    await requireEvent(printed.at(-1), stack);
    console.log(`✓ ${name}: ${printed.join(', ')}`);
    return 'passed';
  } catch (error) {
    console.error(`✗ ${name}: ${error.message}`);
    return 'failed';
  }
}

async function requireEvent(id, { apiUrl, adminKey }) {
  const headers = { authorization: `Bearer ${adminKey}` };
  const { status } = await fetch(`${apiUrl}/v1/events/${id}`, { headers });
  if (status !== 200) throw new Error(`the event ${id} was not published: status ${status}`);
}
