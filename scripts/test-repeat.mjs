// npm run test:repeat -- N [--busy] [--project=P] [--seed=S] [paths…]: runs the unit and integration tests N times, or the given files of
// them, each time with the files in another random order, and prints the seed of each run. If a run fails, the others run nevertheless,
// and the command ends with code 1.
//   --busy       beside two loops that keep two cores busy
//   --project=P  another project of jest.config.mjs
//   --seed=S     of the first run, to repeat one
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { failedTests } from './jest-report.mjs';
import { useMemoryFolder } from './memory-folder.mjs';
import { runJest } from './run-jest.mjs';
import { setUp } from './setup.mjs';

const BUSY_LOOPS = 2;
const MAX_SEED = 2 ** 31 - 1;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    busy: { type: 'boolean', default: false },
    project: { type: 'string', default: 'unit' },
    seed: { type: 'string' },
  },
});
const [times = '', ...paths] = positionals;
if (!/^[1-9]\d*$/.test(times) || !/^\d+$/.test(options.seed ?? '0')) {
  console.error('Usage: npm run test:repeat -- N [--busy] [--project=NAME] [--seed=SEED] [paths…]');
  process.exit(2);
}

await setUp();
useMemoryFolder();
const loops = options.busy ? startLoops() : [];
const results = [];
for (let number = 1; number <= Number(times); number += 1) {
  const seed = number === 1 && options.seed !== undefined ? Number(options.seed) : randomInt(MAX_SEED);
  console.log(`\n== Run ${number} of ${times}, --seed=${seed}`);
  results.push({ run: number, seed, ...(await runTests(seed)) });
}
for (const loop of loops) loop.kill('SIGKILL');
console.table(results);
const failed = results.filter(({ code }) => code !== 0).length;
console.log(`test:repeat: ${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

/** Runs the tests once and prints what failed. */
async function runTests(seed) {
  const order = ['--testSequencer=./scripts/jest/random-order.cjs', `--seed=${seed}`];
  const selection = ['--selectProjects', options.project];
  if (paths.length > 0) selection.push('--runTestsByPath', ...paths);
  const startedAt = performance.now();
  const { code, output, report } = await runJest([...order, ...selection], { capture: true });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (code !== 0) console.log(report ? failedTests(report).join('\n') : output);
  console.log(`${code === 0 ? 'passed' : 'failed'} after ${seconds} s`);
  return { code, passed: report?.numPassedTests, failed: report?.numFailedTests, seconds };
}

/** Starts processes that calculate until this one ends. */
function startLoops() {
  const started = Array.from({ length: BUSY_LOOPS }, () =>
    spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
  );
  process.on('exit', () => started.forEach((loop) => loop.kill('SIGKILL')));
  return started;
}
