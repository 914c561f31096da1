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
    expect(await length.now()).toBe(100);
    length.added(20);
    lane.nowMs = 50;
    expect(await length.now()).toBe(120);
    expect(lane.asked).toBe(1);
  });

  it('is asked for again without waiting for the answer', async () => {
    const { lane, length } = startLane();
    await length.now();
    length.added(20);
    lane.length = 15;
    lane.nowMs = 51;
    expect(await length.now()).toBe(20);
    await nextTurn();
    length.added(2);
    expect(await length.now()).toBe(17);
  });

  it('waits for an answer when the last one is old', async () => {
    const { lane, length } = startLane();
    await length.now();
    lane.length = 500;
    lane.nowMs = 251;
    expect(await length.now()).toBe(500);
  });

  it('stays what it was while nobody answers, until that is too old', async () => {
    const { lane, length } = startLane();
    lane.length = 100;
    await length.now();
    lane.isAway = true;
    lane.nowMs = 60;
    expect(await length.now()).toBe(100);
    lane.nowMs = 400;
    await expect(length.now()).rejects.toThrow('away');
  });
});
