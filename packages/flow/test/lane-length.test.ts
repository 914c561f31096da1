import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LaneLength } from '../src/lane-length.js';

/** A lane and a clock as the test says. */
function startLane() {
  const lane = { length: 0, asked: 0, nowMs: 0, isAway: false };
  const length = new LaneLength(
    () => {
      lane.asked += 1;
      return lane.isAway ? Promise.reject(new Error('away')) : Promise.resolve(lane.length);
    },
    () => lane.nowMs,
  );
  return { lane, length };
}

describe('the length of a lane', () => {
  it('is asked for at first, and then counted on', async () => {
    const { lane, length } = startLane();
    lane.length = 100;
    expect(await length.estimate()).toBe(100);
    length.add(20);
    lane.nowMs = 50;
    expect(await length.estimate()).toBe(120);
    expect(lane.asked).toBe(1);
  });

  it('is asked for again without waiting for the answer', async () => {
    const { lane, length } = startLane();
    await length.estimate();
    length.add(20);
    lane.length = 15;
    lane.nowMs = 51;
    expect(await length.estimate()).toBe(20);
    await nextTurn();
    length.add(2);
    expect(await length.estimate()).toBe(17);
  });

  it('waits for an answer when the last one is old', async () => {
    const { lane, length } = startLane();
    await length.estimate();
    lane.length = 500;
    lane.nowMs = 251;
    expect(await length.estimate()).toBe(500);
  });

  it('stays what it was while nobody answers, until that is too old', async () => {
    const { lane, length } = startLane();
    lane.length = 100;
    await length.estimate();
    lane.isAway = true;
    lane.nowMs = 60;
    expect(await length.estimate()).toBe(100);
    lane.nowMs = 400;
    await expect(length.estimate()).rejects.toThrow('away');
  });
});
