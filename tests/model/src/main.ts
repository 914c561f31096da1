// npm run model -- [--sequences N] [--seed S]: random lives of webhooks on the real system, compared with the model.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { judgeLate } from './barrier.js';
import { explore } from './explore.js';
import { report } from './report.js';
import { openWorld } from './world.js';

const CONCURRENCY = 40;
const SAY_EVERY = 100;

const { values } = parseArgs({
  options: { sequences: { type: 'string', default: '200' }, seed: { type: 'string' } },
});
const count = Number(values.sequences);
const seed = Number(values.seed ?? randomInt(2 ** 31));

console.log(`${count} sequences, --seed ${seed}`);
const world = await openWorld(['worker', 'producer']);
const startedAtMs = performance.now();
const seconds = () => ((performance.now() - startedAtMs) / 1000).toFixed(0);
try {
  const exploration = await explore(world, {
    count,
    seed,
    concurrency: CONCURRENCY,
    onDone: (done) => {
      if (done % SAY_EVERY === 0) console.log(`${done} sequences in ${seconds()} s`);
    },
  });
  for (const scene of world.seenLate) await judgeLate(scene);
  console.log(`took ${seconds()} s`);
  for (const line of report(exploration, world)) console.log(line);
  process.exitCode = exploration.failures.length + world.strays.length === 0 ? 0 : 1;
} finally {
  await world.close();
}
