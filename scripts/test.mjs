// npm test: installs and builds if necessary, then runs the static checks and the unit and integration tests.
// npm run test:all (`--all`): the same, then the tests that need whole systems, a browser or packed packages, and the demo, the
// model and chaos. Steps that fail sooner run first; the first that fails ends the run. Other arguments go to Jest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run-program.mjs';
import { npm, root, setUp, turbo } from './setup.mjs';
import { slowestFiles } from './slowest-files.mjs';

/** Three rounds. This seed draws a killed worker, a flushed Redis and a killed PostgreSQL. */
const CHAOS = ['--rounds', '3', '--seed', '9494'];
const MODEL = ['--sequences', '60'];
/** The phases whose requests do not depend on ids of the run. `npm run schemathesis` also has the others. */
const SCHEMATHESIS = ['--phases=examples,coverage'];

/** A check that runs beside others. It stops what it has started, so this program waits for its end. */
let beside = null;

const total = { passed: 0, failed: 0 };
process.on('exit', () => console.log(`\n${total.passed} passed, ${total.failed} failed`));

const args = process.argv.slice(2);
const isAll = args.includes('--all');
const jestArgs = args.filter((arg) => arg !== '--all');

await setUp();
// A download, while the checks calculate.
const browser = isAll ? import('./chromium.mjs').then(({ ensureChromium }) => ensureChromium()) : null;
// Uses one core only.
beside = run(...npm('run', '--silent', 'format:check'), { capture: true });
await check('Lint', npm('run', '--silent', 'lint'));
await check('Prose', npm('run', '--silent', 'lint:prose'));
await check('OpenAPI document', npm('run', '--silent', 'lint:openapi'));
await check('Boundaries', turbo('boundaries'));
await check('Types', npm('run', '--silent', 'typecheck'));
await result('Format', beside);
await browser;
await jest('Unit and integration tests', 'unit');
if (isAll) {
  await jest('System tests: end to end, browser, site, packed packages', 'system');
  // Each of the two leaves a core idle for half of its time.
  beside = run(process.execPath, ['scripts/schemathesis.mjs', ...SCHEMATHESIS], { capture: true });
  await program('Demo', 'demo');
  await program('Model: random webhook lifecycles', 'tests/model', MODEL);
  await result('Schemathesis: the API against its OpenAPI document', beside);
  await program('Chaos: kills and outages under load', 'tests/chaos', CHAOS);
}

async function check(headline, [command, commandArgs]) {
  console.log(`\n== ${headline}`);
  const { code } = await run(command, commandArgs);
  await exitIfFailed(code);
}

/** Waits for a check that runs beside others and prints its output. */
async function result(headline, running) {
  const { code, output } = await running;
  console.log(`\n== ${headline}\n${output}`);
  await exitIfFailed(code);
}

/** Runs one of the projects of jest.config.mjs and prints its slowest files. */
async function jest(headline, project, projectArgs = []) {
  console.log(`\n== ${headline}`);
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-jest-'));
  const file = path.join(folder, 'report.json');
  const options = [...projectArgs, '--selectProjects', project, '--json', `--outputFile=${file}`];
  const { code } = await run(...npm('run', '--silent', 'jest', '--', ...jestArgs, ...options));
  if (existsSync(file)) {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    count(report.numPassedTests, report.numFailedTests);
    console.log(`\nSlowest test files:\n${slowestFiles(report, 20).join('\n')}`);
  }
  rmSync(folder, { recursive: true });
  await exitIfFailed(code);
}

/** Runs a program that checks the whole system. Its last line reads `<name>: N passed, N failed`. */
async function program(headline, folder, programArgs = []) {
  console.log(`\n== ${headline}`);
  const main = path.join(root, folder, 'dist/main.js');
  let output = '';
  const { code } = await run(process.execPath, [main, ...programArgs], {
    onOutput: (text) => (output += text),
  });
  const [, passed = 0, failed = 0] = /^\w+: (\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  count(Number(passed), Number(failed));
  await exitIfFailed(code);
}

function count(passed, failed) {
  total.passed += passed;
  total.failed += failed;
}

async function exitIfFailed(code) {
  if (code === 0) return;
  await beside;
  process.exit(code);
}
