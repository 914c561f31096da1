import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { every } from '../src/index.js';

describe('every', () => {
  it('runs immediately, reports a failure and continues', async () => {
    const runs = new EventEmitter();
    const errors: unknown[] = [];
    let count = 0;
    const third = once(runs, 'third');
    const loop = every(
      1,
      () => {
        count += 1;
        if (count === 3) runs.emit('third');
        return count === 1 ? Promise.reject(new Error('once')) : Promise.resolve();
      },
      (error) => errors.push(error),
    );
    expect(count).toBe(1);
    await third;
    await loop.stop();
    expect(errors).toEqual([new Error('once')]);
  });

  it('waits for the current run when stopped, and starts no other run', async () => {
    const steps: string[] = [];
    const gate = new EventEmitter();
    const work = async () => {
      steps.push('start');
      await once(gate, 'end');
      steps.push('end');
    };
    const stopping = every(0, work, () => {}).stop();
    gate.emit('end');
    await stopping;
    steps.push('stopped');
    expect(steps).toEqual(['start', 'end', 'stopped']);
  });

  it('cannot be woken after its stop', async () => {
    jest.useFakeTimers();
    const { state, loop } = startLoop({ intervalMs: 100, maxIntervalMs: 10_000 });
    await jest.advanceTimersByTimeAsync(1000);
    await loop.stop();
    const { length } = state.runs;
    loop.wake();
    await jest.advanceTimersByTimeAsync(1000);
    expect(state.runs).toHaveLength(length);
    jest.useRealTimers();
  });
});

/** Starts a loop whose runs find work as long as `hasWork` is set. Returns the times of its runs, in milliseconds. */
function startLoop(pauses: { intervalMs: number; maxIntervalMs?: number }) {
  const startMs = Date.now();
  const state = { runs: [] as number[], hasWork: false };
  const work = () => {
    state.runs.push(Date.now() - startMs);
    return Promise.resolve(state.hasWork);
  };
  return { state, loop: every(pauses, work, () => {}) };
}

describe('the pause of a loop', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('doubles up to the maximum while runs find no work', async () => {
    const { state, loop } = startLoop({ intervalMs: 100, maxIntervalMs: 500 });
    await jest.advanceTimersByTimeAsync(2000);
    await loop.stop();
    expect(state.runs).toEqual([0, 200, 600, 1100, 1600]);
  });

  it('is the interval again after a run that found work', async () => {
    const { state, loop } = startLoop({ intervalMs: 100, maxIntervalMs: 500 });
    await jest.advanceTimersByTimeAsync(550);
    state.hasWork = true;
    await jest.advanceTimersByTimeAsync(300);
    await loop.stop();
    expect(state.runs).toEqual([0, 200, 600, 700, 800]);
  });

  it('is the interval after a run that failed', async () => {
    let count = 0;
    const loop = every(
      { intervalMs: 100, maxIntervalMs: 500 },
      () => {
        count += 1;
        return Promise.reject(new Error('unavailable'));
      },
      () => {},
    );
    await jest.advanceTimersByTimeAsync(350);
    await loop.stop();
    expect(count).toBe(4);
  });

  it('ends when the loop is woken, but is not shorter than the interval', async () => {
    const { state, loop } = startLoop({ intervalMs: 100, maxIntervalMs: 10_000 });
    loop.wake();
    await jest.advanceTimersByTimeAsync(150);
    // The first run was in progress: it may have looked too early.
    expect(state.runs).toEqual([0, 100]);
    await jest.advanceTimersByTimeAsync(400);
    expect(state.runs).toEqual([0, 100, 300]);
    await jest.advanceTimersByTimeAsync(300);
    loop.wake();
    loop.wake();
    await jest.advanceTimersByTimeAsync(5);
    expect(state.runs).toEqual([0, 100, 300, 700, 850]);
    loop.wake();
    await jest.advanceTimersByTimeAsync(200);
    await loop.stop();
    expect(state.runs).toEqual([0, 100, 300, 700, 850, 950]);
  });

  it('ends at once when the loop is stopped', async () => {
    const { state, loop } = startLoop({ intervalMs: 60_000 });
    await jest.advanceTimersByTimeAsync(10);
    await loop.stop();
    expect(jest.getTimerCount()).toBe(0);
    expect(state.runs).toEqual([0]);
  });
});
