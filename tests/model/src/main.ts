// npm run model -- [--sequences N] [--seed S]: runs random webhook lifecycles on the real system and compares
// every response and every request with a model.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { checkLateRequests } from './barrier.js';
import { explore } from './explore.js';
import { report } from './report.js';
import { startSystem } from './system.js';

const CONCURRENCY = 40;
const REPORT_EVERY = 100;

const { values } = parseArgs({
  options: { sequences: { type: 'string', default: '200' }, seed: { type: 'string' } },
});
const count = Number(values.sequences);
const seed = Number(values.seed ?? randomInt(2 ** 31));

console.log(`${count} sequences; to repeat them: --sequences ${count} --seed ${seed}`);
const system = await startSystem(['worker', 'producer']);
const startedAtMs = performance.now();
const seconds = () => ((performance.now() - startedAtMs) / 1000).toFixed(0);
try {
  const exploration = await explore(system, {
    count,
    seed,
    concurrency: CONCURRENCY,
    onDone: (done) => {
      if (done % REPORT_EVERY === 0) console.log(`${done} sequences in ${seconds()} s`);
    },
  });
  for (const sequence of system.lateRequests) await checkLateRequests(sequence);
  console.log(`finished in ${seconds()} s`);
  for (const line of report(exploration, system)) console.log(line);
  process.exitCode = exploration.failures.length + system.violationsAfterEnd.length === 0 ? 0 : 1;
} finally {
  await system.close();
}
