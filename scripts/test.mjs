// npm test: installs and builds if necessary, then runs the static checks and the unit and integration tests. Types of the tests, and the
// lint rules that need types, take more than a minute of CPU time, so only `npm run check` and `--all` have them.
// npm run test:all (`--all`): the same with types, then the tests that need whole systems, a browser or packed packages. The browser tests, and then
// model, demo, chaos and Schemathesis, run beside the system tests. Steps that fail sooner run first. The first step that fails ends the
// run; of those that run side by side, all results are printed. Other arguments go to Jest.
import { failedTests, slowestFiles } from './jest-report.mjs';
import { useMemoryFolder } from './memory-folder.mjs';
import { runJest } from './run-jest.mjs';
import { run } from './run-program.mjs';
import { npm, setUp, turbo } from './setup.mjs';

/** Three rounds. This seed draws a killed worker, a flushed Redis and a killed PostgreSQL. */
const CHAOS = ['--rounds', '3', '--seed', '3191'];
const MODEL = ['--sequences', '60', '--seed', '1'];
/** The examples of the document, whose requests do not depend on ids of the run. `npm run schemathesis` has all phases; the unit tests send invalid requests to each operation. */
const SCHEMATHESIS = ['--phases=examples', '--mode=positive'];

const total = { passed: 0, failed: 0 };
/** Printed again at the end: the output of a long run is read from there. */
const failures = [];
process.on('exit', () =>
  console.log(
    [
      '',
      ...failures.map((failure) => `Failed: ${failure}`),
      `${total.passed} passed, ${total.failed} failed`,
    ].join('\n'),
  ),
);

const args = process.argv.slice(2);
const isAll = args.includes('--all');
const jestArgs = args.filter((arg) => arg !== '--all');

await setUp();
useMemoryFolder();
// A download, while the checks calculate.
const browser = isAll ? import('./chromium.mjs').then(({ ensureChromium }) => ensureChromium()) : null;
await check('Format', npm('run', '--silent', 'format:check'));
await check('Prose', npm('run', '--silent', 'lint:prose'));
await check('Variables', npm('run', '--silent', 'lint:variables'));
await check('Boundaries', turbo('boundaries'));
// They use one core, and the linter not always both.
const oneCore = runInTurn([
  ['OpenAPI document', 'scripts/check-openapi.mjs'],
  ['Regular expressions', 'scripts/check-regexps.mjs'],
]);
await (isAll
  ? check('Lint and types', npm('run', '--silent', 'lint'))
  : check('Lint', npm('run', '--silent', 'lint:untyped')));
for (const [headline, end] of await oneCore) {
  programResult(headline, end);
  exitIfFailed(end.code);
}
await browser;
console.log('\n== Unit and integration tests');
const unit = await runProject('unit');
jestResult(unit);
exitIfFailed(unit.code);
if (isAll) {
  // Beside the system tests, and not beside each other: with more systems at once, each step takes so long that timeouts of the
  // product end requests.
  const browserTests = runProject('browser', { flags: ['--maxWorkers=2'], capture: true });
  const programs = browserTests.then(() =>
    runInTurn([
      ['Model: random webhook lifecycles', 'tests/model/dist/main.js', ...MODEL],
      ['Demo', 'demo/dist/main.js'],
      ['Chaos: kills and outages under load', 'tests/chaos/dist/main.js', ...CHAOS],
      ['Schemathesis: the API against its OpenAPI document', 'scripts/schemathesis.mjs', ...SCHEMATHESIS],
    ]),
  );
  console.log('\n== System tests: end to end, site, packed packages');
  const system = await runProject('system', { flags: ['--maxWorkers=2'] });
  jestResult(system);
  const browserEnd = await browserTests;
  console.log(`\n== Browser tests\n${browserEnd.output}`);
  jestResult(browserEnd);
  const programEnds = await programs;
  for (const [headline, end] of programEnds) programResult(headline, end);
  for (const { code } of [system, browserEnd, ...programEnds.map(([, end]) => end)]) exitIfFailed(code);
}

async function check(headline, [command, commandArgs]) {
  console.log(`\n== ${headline}`);
  const { code } = await run(command, commandArgs);
  exitIfFailed(code);
}

/** Prints the output of a program after its end. */
function programResult(headline, { output }) {
  console.log(`\n== ${headline}\n${output}`);
  const [, passed = 0, failed = 0] = /^\w+: (\d+) passed, (\d+) failed$/m.exec(output) ?? [];
  count(Number(passed), Number(failed));
}

/** Runs programs one after another, until one fails. The last line of some reads `<name>: N passed, N failed`. */
async function runInTurn(programs) {
  const ended = [];
  for (const [headline, ...command] of programs) {
    const end = await run(process.execPath, command, { capture: true });
    ended.push([headline, end]);
    if (end.code !== 0) break;
  }
  return ended;
}

/** Runs one of the projects of jest.config.mjs. */
function runProject(project, { flags = [], capture = false } = {}) {
  return runJest([...jestArgs, ...flags, '--selectProjects', project], { capture });
}

/** Prints the slowest files of a run of Jest. */
function jestResult({ report }) {
  if (!report) return;
  count(report.numPassedTests, report.numFailedTests);
  failures.push(...failedTests(report));
  console.log(`\nSlowest test files:\n${slowestFiles(report, 20).join('\n')}`);
}

function count(passed, failed) {
  total.passed += passed;
  total.failed += failed;
}

function exitIfFailed(code) {
  if (code !== 0) process.exit(code);
}
