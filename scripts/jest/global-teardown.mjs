// Runs once after all tests: stops the servers that global-setup.mjs has started, and prints whether PostgreSQL crashed meanwhile, which
// explains failures of any test.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What PostgreSQL logs when one of its processes crashes: the signal, and below it the statement. */
const CRASH = /^.*was terminated by signal.*\n.*$/gm;

export default async function globalTeardown() {
  const stack = globalThis.posthornTestStack;
  if (!stack) return;
  try {
    const log = readFileSync(path.join(stack.dataDir, 'logs/postgres.log'), 'utf8');
    for (const [crash] of log.matchAll(CRASH))
      console.error(`PostgreSQL crashed during the tests:\n${crash}`);
  } finally {
    await stack.stop();
  }
}
