// npm test: installs and builds if necessary, then runs the static checks and the unit and integration tests.
// npm run test:all (`--all`): the same, then the tests that need whole systems, a browser or packed packages. Demo, model, chaos and
// Schemathesis run beside them. Steps that fail sooner run first; the first that fails ends the run. Other arguments go to Jest.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run-program.mjs';
import { npm, setUp, turbo } from './setup.mjs';
import { slowestFiles } from './slowest-files.mjs';

/** Three rounds. This seed draws a killed worker, a flushed Redis and a killed PostgreSQL. */
const CHAOS = ['--rounds', '3', '--seed', '9494'];
const MODEL = ['--sequences', '60'];
/** The phases whose requests do not depend on ids of the run. `npm run schemathesis` also has the others. */
const SCHEMATHESIS = ['--phases=examples,coverage'];

/** The checks that run beside others. They stop what they have started, so this program waits for their end. */
let beside = null;
let isFailed = false;

const total = { passed: 0, failed: 0 };
process.on('exit', () => console.log(`\n${total.passed} passed, ${total.failed} failed`));

const args = process.argv.slice(2);
const isAll = args.includes('--all');
const jestArgs = args.filter((arg) => arg !== '--all');

await setUp();
// A download, while the checks calculate.
const browser = isAll ? import('./chromium.mjs').then(({ ensureChromium }) => ensureChromium()) : null;
// Uses one core only, and the tests do not use both all the time.
beside = run(...npm('run', '--silent', 'format:check'), { capture: true });
await check('Lint', npm('run', '--silent', 'lint'));
await check('Prose', npm('run', '--silent', 'lint:prose'));
await check('OpenAPI document', npm('run', '--silent', 'lint:openapi'));
await check('Boundaries', turbo('boundaries'));
await check('Types', npm('run', '--silent', 'typecheck'));
await browser;
await jest('Unit and integration tests', 'unit');
await result('Format', await beside);
if (isAll) {
  // They wait for most of their time.
  const programs = runInTurn([
    ['Demo', 'demo/dist/main.js'],
    ['Model: random webhook lifecycles', 'tests/model/dist/main.js', ...MODEL],
    ['Chaos: kills and outages under load', 'tests/chaos/dist/main.js', ...CHAOS],
    ['Schemathesis: the API against its OpenAPI document', 'scripts/schemathesis.mjs', ...SCHEMATHESIS],
  ]);
  beside = programs;
  await jest('System tests: end to end, browser, site, packed packages', 'system');
  for (const [headline, ended] of await programs) await result(headline, ended);
}

async function check(headline, [command, commandArgs]) {
  console.log(`\n== ${headline}`);
  const { code } = await run(command, commandArgs);
  await exitIfFailed(code);
}

/** Prints the output of a check that ran beside others. */
async function result(headline, { code, output }) {
  console.log(`\n== ${headline}\n${output}`);
  const [, passed = 0, failed = 0] = /^\w+: (\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  count(Number(passed), Number(failed));
  await exitIfFailed(code);
}

/** Runs programs one after another, until one or another check fails. The last line of some reads `<name>: N passed, N failed`. */
async function runInTurn(programs) {
  const ended = [];
  for (const [headline, ...command] of programs) {
    if (isFailed) break;
    const end = await run(process.execPath, command, { capture: true });
    ended.push([headline, end]);
    if (end.code !== 0) break;
  }
  return ended;
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

function count(passed, failed) {
  total.passed += passed;
  total.failed += failed;
}

async function exitIfFailed(code) {
  if (code === 0) return;
  isFailed = true;
  await beside;
  process.exit(code);
}
