// Random lives of webhooks on real processes, compared with the model to the event.
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { explore } from '../src/explore.js';
import { report } from '../src/report.js';
import { openWorld, type World } from '../src/world.js';

const SEQUENCES = 60;

let world: World;

beforeAll(async () => {
  // A killed worker is made up for in 20 s: the long run kills them, too.
  world = await openWorld(['producer']);
}, 120_000);

afterAll(async () => {
  await world?.close();
}, 60_000);

it('the system does what the model says', async () => {
  const seed = randomInt(2 ** 31);
  const exploration = await explore(world, { count: SEQUENCES, seed, concurrency: SEQUENCES });
  const lines = [`--seed ${seed}`, ...report(exploration, world)].join('\n');
  expect(lines).toMatch(/, 0 deviations$/);
  expect(world.tally.runs.must).toBeGreaterThan(SEQUENCES);
}, 300_000);
