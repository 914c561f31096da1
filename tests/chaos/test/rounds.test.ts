import { expect, it } from '@jest/globals';
import { FAULTS, faultsOf } from '../src/faults.js';
import { seededRandom } from '../src/random.js';
import { drawFaults } from '../src/rounds.js';

const draw = (seed: number) => drawFaults(seededRandom(seed), faultsOf('separate'), 30);
const kinds = Object.keys(FAULTS).toSorted();

it('draws the same faults for the same seed and others for another seed', () => {
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

it('draws every fault once before repeating any', () => {
  const twice = drawFaults(seededRandom(3), kinds, kinds.length * 2);
  expect(twice.slice(0, kinds.length).toSorted()).toEqual(kinds);
  expect(twice.slice(kinds.length).toSorted()).toEqual(kinds);
});

it('draws the faults that scripts/test.mjs documents for its seed', () => {
  expect(draw(3191).slice(0, 3)).toEqual(['worker killed', 'Redis flushed', 'PostgreSQL killed']);
});
