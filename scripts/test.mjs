// npm test: sets up what is missing, then every check, in order of how soon it can fail. Arguments go to Jest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run-program.mjs';
import { npm, root, setUp, turbo } from './setup.mjs';

const total = { passed: 0, failed: 0 };

await setUp();
await check('Format', ...npm('run', '--silent', 'format:check'));
await check('Lint', ...npm('run', '--silent', 'lint'));
await check('Boundaries', ...turbo('boundaries'));
await check('Types', ...turbo('run', 'typecheck', '--output-logs=errors-only'));
await jest(process.argv.slice(2));
await demo();
console.log(`\n${total.passed} passed, ${total.failed} failed`);

async function check(headline, program, args) {
  console.log(`\n== ${headline}`);
  const { code } = await run(program, args);
  endIfFailed(code);
}

async function jest(args) {
  console.log('\n== Unit and integration tests');
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-jest-'));
  const report = path.join(folder, 'report.json');
  const { code } = await run(
    ...npm('run', '--silent', 'jest', '--', '--json', `--outputFile=${report}`, ...args),
  );
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'));
    count(numPassedTests, numFailedTests);
  }
  rmSync(folder, { recursive: true });
  endIfFailed(code);
}

/** The demo is the end-to-end test. Its last line says `demo: N passed, N failed`. */
async function demo() {
  const main = path.join(root, 'demo/dist/main.js');
  if (!existsSync(main)) return;
  console.log('\n== End to end: the demo');
  let output = '';
  const { code } = await run(process.execPath, [main], { onOutput: (text) => (output += text) });
  const [, passed = 0, failed = 0] = /demo: (\d+) passed, (\d+) failed/.exec(output) ?? [];
  count(Number(passed), Number(failed));
  endIfFailed(code);
}

function count(passed, failed) {
  total.passed += passed;
  total.failed += failed;
}

function endIfFailed(code) {
  if (code === 0) return;
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exit(code);
}
