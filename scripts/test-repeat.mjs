// npm run test:repeat -- N [--busy] [--at=2027-12-31T23:59:20] [--all] [paths…]: runs the unit and integration tests N times, each time in
// another random order, and prints the seed of each run. Ends with code 1 if a run failed; the others run nevertheless.
//   --busy       beside two loops that keep two cores busy
//   --at=TIME    at another time (UTC), with libfaketime: for all processes with the servers, except that monotonic clocks keep theirs
//   --project=P  another project of jest.config.mjs
//   --seed=S     the seed of the first run, to repeat one
import { randomInt } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { useFakeTime } from './fake-time.mjs';
import { useMemoryFolder } from './memory-folder.mjs';
import { run } from './run-program.mjs';
import { npm, setUp } from './setup.mjs';

const BUSY_LOOPS = 2;
const MAX_SEED = 2 ** 31 - 1;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    busy: { type: 'boolean' },
    at: { type: 'string' },
    project: { type: 'string', default: 'unit' },
    seed: { type: 'string' },
  },
});
const [times, ...paths] = positionals;
if (!/^[1-9]\d*$/.test(times ?? '')) {
  console.error(
    'Usage: npm run test:repeat -- N [--busy] [--at=TIME] [--project=NAME] [--seed=SEED] [paths…]',
  );
  process.exit(2);
}

await setUp();
useMemoryFolder();
if (options.at) await useFakeTime(options.at);
const loops = options.busy ? startLoops() : [];
const rows = [];
for (let number = 1; number <= Number(times); number += 1) {
  const seed = number === 1 && options.seed ? Number(options.seed) : randomInt(MAX_SEED);
  console.log(`\n== Run ${number} of ${times}, --seed=${seed}`);
  rows.push({ run: number, seed, ...(await runOnce(seed)) });
}
for (const loop of loops) loop.kill('SIGKILL');
console.table(rows);
const failed = rows.filter(({ code }) => code !== 0).length;
console.log(`test:repeat: ${rows.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

async function runOnce(seed) {
  const folder = mkdtempSync(path.join(tmpdir(), 'posthorn-repeat-'));
  const file = path.join(folder, 'report.json');
  const flags = ['--testSequencer=./scripts/jest/random-order.cjs', `--seed=${seed}`, '--randomize'];
  const selected = [
    '--selectProjects',
    options.project,
    ...(paths.length > 0 ? ['--runTestsByPath'] : []),
    ...paths,
  ];
  const startedAt = performance.now();
  const { code, output } = await run(
    ...npm('run', '--silent', 'jest', '--', ...flags, '--json', `--outputFile=${file}`, ...selected),
    { capture: true },
  );
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  rmSync(folder, { recursive: true });
  if (code !== 0) console.log(failuresIn(report) ?? output);
  console.log(`${code === 0 ? 'passed' : 'failed'} after ${seconds} s`);
  return { code, passed: report?.numPassedTests, failed: report?.numFailedTests, seconds };
}

/** Returns the messages of the tests that failed. Null if Jest did not report any. */
function failuresIn(report) {
  const messages = report?.testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name, message }) => `${name}\n${message}`);
  return messages?.length > 0 ? messages.join('\n') : null;
}

function startLoops() {
  const started = Array.from({ length: BUSY_LOOPS }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  process.on('exit', () => started.forEach((loop) => loop.kill('SIGKILL')));
  return started;
}
