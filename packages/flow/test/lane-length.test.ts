import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LaneLength } from '../src/fairness/lane-length.js';

/** Creates a lane and a clock that the test controls. */
function startLane() {
  const lane = { length: 0, counts: 0, nowMs: 0, isUnavailable: false };
  const length = new LaneLength(
    () => {
      lane.counts += 1;
      return lane.isUnavailable ? Promise.reject(new Error('unavailable')) : Promise.resolve(lane.length);
    },
    () => lane.nowMs,
  );
  return { lane, length };
}

describe('LaneLength', () => {
  it('counts at first, then adds the jobs that were added', async () => {
    const { lane, length } = startLane();
    lane.length = 100;
    expect(await length.estimate()).toBe(100);
    length.add(20);
    lane.nowMs = 50;
    expect(await length.estimate()).toBe(120);
    expect(lane.counts).toBe(1);
  });

  it('refreshes the count in the background after 50 ms', async () => {
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

  it('waits for a new count after 250 ms', async () => {
    const { lane, length } = startLane();
    await length.estimate();
    lane.length = 500;
    lane.nowMs = 251;
    expect(await length.estimate()).toBe(500);
  });

  it('keeps the last count while counting fails, until it is too old', async () => {
    const { lane, length } = startLane();
    lane.length = 100;
    await length.estimate();
    lane.isUnavailable = true;
    lane.nowMs = 60;
    expect(await length.estimate()).toBe(100);
    lane.nowMs = 400;
    await expect(length.estimate()).rejects.toThrow('unavailable');
  });
});
