import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReplayGate } from '../src/fairness/replay-gate.js';
import { flushPromises, useFakeTime } from '@posthorn/testkit/fake-time';

let gate: ReplayGate;
let utilization: number;
let started: number[];
beforeEach(() => {
  useFakeTime();
  utilization = 0.5;
  gate = new ReplayGate({ nowMs: () => Date.now(), utilization: () => utilization });
  started = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** Starts a live delivery whose end the test controls. */
const live = () => ({ end: gate.startLive() });

/** Starts replayed deliveries that wait at the gate. */
function replays(count: number): void {
  for (let n = 0; n < count; n += 1) void gate.waitForTurn(1).then(() => started.push(n));
}

async function after(ms: number): Promise<number[]> {
  jest.advanceTimersByTime(ms);
  await flushPromises();
  return started;
}

describe('waitForTurn', () => {
  it('resolves immediately without live deliveries', async () => {
    replays(3);
    expect(await after(0)).toEqual([0, 1, 2]);
  });

  it.each([
    [0.5, 40],
    [0.8, 160],
    [0.99, 400],
    [1, 400],
  ])(
    'resolves one by one while a delivery is live: at utilization %d every %d ms',
    async (share, pauseMs) => {
      utilization = share;
      const delivery = live();
      replays(3);
      await after(0);
      expect(await after(pauseMs - 1)).toEqual([]);
      expect(await after(1)).toEqual([0]);
      expect(await after(pauseMs)).toEqual([0, 1]);
      expect(await after(pauseMs)).toEqual([0, 1, 2]);
      delivery.end();
    },
  );

  it('still pauses shortly after the last live delivery', async () => {
    live().end();
    jest.advanceTimersByTime(200);
    replays(2);
    await after(0);
    expect(await after(39)).toEqual([]);
    expect(await after(1)).toEqual([0, 1]);
    replays(5);
    expect(await after(0)).toHaveLength(7);
  });
});

describe('deliveries of different turns', () => {
  it('start in order of their turns, also those that arrive while others wait', async () => {
    const delivery = live();
    const turns = [8, 9, 8, 10];
    for (const turn of turns) void gate.waitForTurn(turn).then(() => started.push(turn));
    expect(await after(40)).toEqual([8]);
    for (const turn of [1, 2]) void gate.waitForTurn(turn).then(() => started.push(turn));
    for (let n = 0; n < 5; n += 1) await after(40);
    expect(started).toEqual([8, 1, 2, 8, 9, 10]);
    delivery.end();
  });
});
