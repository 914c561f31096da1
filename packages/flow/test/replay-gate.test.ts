import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReplayGate } from '../src/replay-gate.js';
import { flushPromises, useFakeTime } from './fixtures/fake-time.js';

let traffic: ReplayGate;
let busy: number;
let started: number[];
beforeEach(() => {
  useFakeTime();
  busy = 0.5;
  traffic = new ReplayGate({ nowMs: () => Date.now(), utilization: () => busy });
  started = [];
});
afterEach(() => {
  jest.useRealTimers();
});

/** A live delivery that ends when the test says so. */
function live(): { end: (fault?: Error) => Promise<void> } {
  let settled = { resolve: (): void => {}, reject: (_error: Error): void => {} };
  const delivery = traffic.trackLive(
    () => new Promise<void>((resolve, reject) => (settled = { resolve, reject })),
  );
  return {
    async end(fault) {
      if (fault) settled.reject(fault);
      else settled.resolve();
      await delivery.catch(() => {});
    },
  };
}

/** Replayed deliveries that wait for their turns. */
function replays(count: number): void {
  for (let n = 0; n < count; n += 1) void traffic.waitForIdle().then(() => started.push(n));
}

async function after(ms: number): Promise<number[]> {
  jest.advanceTimersByTime(ms);
  await flushPromises();
  return started;
}

describe('replayed deliveries', () => {
  it('run at once, all of them, where nothing is live', async () => {
    replays(3);
    expect(await after(0)).toEqual([0, 1, 2]);
  });

  it.each([
    [0.5, 40],
    [0.8, 160],
    [0.99, 400],
    [1, 400],
  ])('come one by one beside live ones: busy %d of the time, one in %d ms', async (share, pauseMs) => {
    busy = share;
    const delivery = live();
    replays(3);
    await after(0);
    expect(await after(pauseMs - 1)).toEqual([]);
    expect(await after(1)).toEqual([0]);
    expect(await after(pauseMs)).toEqual([0, 1]);
    expect(await after(pauseMs)).toEqual([0, 1, 2]);
    await delivery.end();
  });

  it.each([undefined, new Error('fault')])(
    'give way for a while after the last live one: %s',
    async (fault) => {
      await live().end(fault);
      jest.advanceTimersByTime(200);
      replays(2);
      await after(0);
      expect(await after(39)).toEqual([]);
      expect(await after(1)).toEqual([0, 1]);
      replays(5);
      expect(await after(0)).toHaveLength(7);
    },
  );
});

describe('a live delivery', () => {
  it('has the result that it has without', async () => {
    expect(await traffic.trackLive(async () => 'done')).toBe('done');
    await expect(traffic.trackLive(() => Promise.reject(new Error('fault')))).rejects.toThrow('fault');
  });
});
