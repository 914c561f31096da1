// npm test: sets up what is missing, then every check, in order of how soon it can fail. Arguments go to Jest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { run } from './run-program.mjs';
import { npm, root, setUp, turbo } from './setup.mjs';

const total = { passed: 0, failed: 0 };

/** A short run: this seed draws a worker that is killed, Redis emptied and PostgreSQL killed. */
const CHAOS = ['--rounds', '3', '--seed', '225'];

await setUp();
await ensureChromium();
await check('Format', ...npm('run', '--silent', 'format:check'));
await check('Lint', ...npm('run', '--silent', 'lint'));
await check('Boundaries', ...turbo('boundaries'));
await check('Types', ...turbo('run', 'typecheck', '--output-logs=errors-only'));
await jest(process.argv.slice(2));
await wholeSystem('demo', 'End to end: the demo');
await wholeSystem('tests/model', 'Random lives of webhooks, against a model', ['--sequences', '60']);
await wholeSystem('tests/chaos', 'Kills and outages under load', CHAOS);
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

/** A program that checks the whole system. Its last line says `<name>: N passed, N failed`. */
async function wholeSystem(folder, headline, args = []) {
  const main = path.join(root, folder, 'dist/main.js');
  console.log(`\n== ${headline}`);
  let output = '';
  const { code } = await run(process.execPath, [main, ...args], { onOutput: (text) => (output += text) });
  const [, passed = 0, failed = 0] = /^\w+: (\d+) passed, (\d+) failed$/m.exec(output) ?? [];
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
