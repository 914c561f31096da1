import { expect, it } from '@jest/globals';
import { FAULTS } from '../src/faults.js';
import { seededRandom } from '../src/random.js';
import { drawFaults } from '../src/rounds.js';

const drawn = (seed: number) => drawFaults(seededRandom(seed), 30);
const kinds = Object.keys(FAULTS).toSorted();

it('draws the same faults from the same seed, and others from another', () => {
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

it('draws every fault before any comes again', () => {
  const twice = drawFaults(seededRandom(3), kinds.length * 2);
  expect(twice.slice(0, kinds.length).toSorted()).toEqual(kinds);
  expect(twice.slice(kinds.length).toSorted()).toEqual(kinds);
});

it('draws what scripts/test.mjs says of its seed', () => {
  expect(drawn(225).slice(0, 3)).toEqual(['worker killed', 'Redis emptied', 'PostgreSQL killed']);
});
