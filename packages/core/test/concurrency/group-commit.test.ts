import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { GroupCommit, groupCommit } from '../../src/index.js';

/** Returns a flush that ends when `release` is called. */
function heldFlush<Item = number>() {
  const batches: Item[][] = [];
  const releases: (() => void)[] = [];
  const flush = async (items: Item[]): Promise<string[]> => {
    batches.push(items);
    await new Promise<void>((resolve) => {
      releases.push(resolve);
    });
    return items.map((item) => `done ${String(item)}`);
  };
  const release = async () => {
    releases.shift()?.();
    await nextTurn();
    await nextTurn();
  };
  return { batches, flush, release };
}

/** Starts commits that flush up to 10 items in 100 ms; `flush` lets a number of flushes end, each after this time. */
function startCommits({ smallBacklog = 0, maxFlushes = 1 } = {}) {
  const { flush: heldUntilReleased, release } = heldFlush<string>();
  let nowMs = 1000;
  const commits = new GroupCommit(heldUntilReleased, {
    maxWeight: () => 10,
    maxFlushes,
    ownerOf: (item) => item,
    smallBacklog,
    nowMs: () => nowMs,
  });
  async function flush(count: number, ms = 100): Promise<void> {
    await nextTurn();
    for (let flushes = 0; flushes < count; flushes += 1) {
      nowMs += ms;
      await release();
    }
  }
  return {
    flush,
    submit: (owner: string, count: number) => void commits.submit(Array.from({ length: count }, () => owner)),
    waitMs: (owner: string) => Math.round(commits.expectedWaitMs({ owner, weight: 1 })),
    pass: (ms: number) => (nowMs += ms),
  };
}

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => error,
  );

/** Lets timeouts pass only when the test says so. The turns of the event loop are real. */
function fakeTimeouts(): void {
  jest.useFakeTimers({
    doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'],
  });
}

const itemError = new Error('faulty item');
const isItemError = (error: unknown) => error === itemError;

describe('group commit', () => {
  it('flushes the items of one turn together', async () => {
    const { batches, flush, release } = heldFlush();
    const commit = groupCommit(flush);
    const results = Promise.all([commit(1), commit(2), commit(3)]);
    await nextTurn();
    expect(batches).toEqual([[1, 2, 3]]);
    await release();
    expect(await results).toEqual(['done 1', 'done 2', 'done 3']);
  });

  it('collects items that arrive during a flush for the next one', async () => {
    const { batches, flush, release } = heldFlush();
    const commit = groupCommit(flush);
    const first = commit(1);
    await nextTurn();
    const rest = Promise.all([commit(2), commit(3)]);
    await nextTurn();
    expect(batches).toEqual([[1]]);
    await release();
    expect(await first).toBe('done 1');
    expect(batches).toEqual([[1], [2, 3]]);
    await release();
    expect(await rest).toEqual(['done 2', 'done 3']);
  });

  it('flushes again after it was idle', async () => {
    const commit = groupCommit((items: number[]) => Promise.resolve(items));
    expect(await commit(1)).toBe(1);
    expect(await commit(2)).toBe(2);
  });

  it('flushes at most maxBatch items at a time', async () => {
    const sizes: number[] = [];
    const commit = groupCommit(
      (items: number[]) => {
        sizes.push(items.length);
        return Promise.resolve(items);
      },
      { maxBatch: 4 },
    );
    await Promise.all(Array.from({ length: 10 }, (_, index) => commit(index)));
    expect(sizes).toEqual([4, 4, 2]);
  });

  it('rejects every item of a failed flush, and flushes later items', async () => {
    let fail = true;
    const commit = groupCommit((items: number[]) =>
      fail ? Promise.reject(new Error('unavailable')) : Promise.resolve(items),
    );
    const failed = await Promise.allSettled([commit(1), commit(2)]);
    expect(failed.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    fail = false;
    expect(await commit(3)).toBe(3);
  });

  it('rejects when the flush throws synchronously', async () => {
    const commit = groupCommit((): Promise<number[]> => {
      throw new Error('thrown');
    });
    await expect(commit(1)).rejects.toThrow('thrown');
    await expect(commit(2)).rejects.toThrow('thrown');
  });

  it('rejects only the faulty item', async () => {
    const commit = groupCommit(
      (items: number[]) => (items.includes(5) ? Promise.reject(itemError) : Promise.resolve(items)),
      { isItemError },
    );
    const results = await Promise.allSettled(Array.from({ length: 9 }, (_, index) => commit(index)));
    expect(results.flatMap((result, index) => (result.status === 'rejected' ? [index] : []))).toEqual([5]);
  });

  it('does not split the batch when the error is not caused by an item', async () => {
    let flushes = 0;
    const commit = groupCommit(
      () => {
        flushes += 1;
        return Promise.reject<number[]>(new Error('unavailable'));
      },
      { isItemError },
    );
    await Promise.allSettled([commit(1), commit(2), commit(3)]);
    expect(flushes).toBe(1);
  });

  it('flushes at most maxWeight at a time, and a heavier item alone', async () => {
    const batches: number[][] = [];
    const commit = groupCommit(
      (items: number[]) => {
        batches.push(items);
        return Promise.resolve(items);
      },
      { weigh: (item) => item, maxWeight: () => 10 },
    );
    await Promise.all([4, 5, 2, 30, 3, 3, 3].map(commit));
    expect(batches).toEqual([[4, 5], [2], [30], [3, 3, 3]]);
  });

  it('applies the weight limit of each flush', async () => {
    let maxWeight = 4;
    const sizes: number[] = [];
    const commit = groupCommit(
      (items: number[]) => {
        maxWeight = 2;
        sizes.push(items.length);
        return Promise.resolve(items);
      },
      { maxWeight: () => maxWeight },
    );
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(commit));
    expect(sizes).toEqual([4, 2, 2]);
  });

  it('begins no other flush while flushes are filled by the number of items', async () => {
    const { batches, flush } = heldFlush();
    const commits = new GroupCommit(flush, { maxWeight: () => 3, maxBatch: 2, maxFlushes: 2 });
    void commits.submit([1, 2, 3, 4, 5, 6, 7]);
    await nextTurn();
    await nextTurn();
    expect(batches).toEqual([[1, 2]]);
  });

  it('begins another flush only while its weight fills it', async () => {
    const { batches, flush, release } = heldFlush();
    const commits = new GroupCommit(flush, { maxWeight: () => 2, maxFlushes: 2 });
    const results = Promise.all(commits.submit([1, 2, 3, 4, 5, 6, 7]));
    await nextTurn();
    await nextTurn();
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await release();
    expect(batches.slice(2)).toEqual([[5, 6]]);
    await release();
    // The other flush has not ended.
    expect(batches).toHaveLength(3);
    await release();
    expect(batches.slice(3)).toEqual([[7]]);
    await release();
    expect(await results).toHaveLength(7);
  });

  describe('with an age from which a flush is late', () => {
    beforeEach(fakeTimeouts);
    afterEach(() => {
      jest.useRealTimers();
    });
    const LATE_AFTER_MS = 1000;
    /** Starts commits of up to two items. */
    const start = () => {
      const { batches, flush, release } = heldFlush();
      let nowMs = 5000;
      const options = { lateAfterMs: LATE_AFTER_MS, maxBatch: 2, nowMs: () => nowMs };
      const commits = new GroupCommit(flush, options);
      const pass = async (ms: number) => {
        nowMs += ms;
        jest.advanceTimersByTime(ms);
        await nextTurn();
        await nextTurn();
      };
      const begin = async (...items: number[]) => {
        const results = commits.submit(items);
        await pass(0);
        return { results: Promise.all(results) };
      };
      return { batches, release, pass, begin };
    };

    it('begins one other flush beside it, for items that wait or come later', async () => {
      const { batches, release, pass, begin } = start();
      await begin(1);
      await pass(LATE_AFTER_MS - 1);
      await begin(2);
      expect(batches).toEqual([[1]]);
      await pass(1);
      expect(batches).toEqual([[1], [2]]);
      await begin(3);
      // The second one is late, too.
      await pass(LATE_AFTER_MS);
      expect(batches).toEqual([[1], [2]]);
      await release();
      expect(batches).toEqual([[1], [2], [3]]);
    });

    it('begins it for the items of its own call that did not fit', async () => {
      const { batches, pass, begin } = start();
      await begin(1, 2, 3);
      await pass(LATE_AFTER_MS);
      expect(batches).toEqual([[1, 2], [3]]);
    });

    it('begins one flush at a time again when it has ended, until another one is late', async () => {
      const { batches, release, pass, begin } = start();
      const first = await begin(1);
      await pass(LATE_AFTER_MS);
      await begin(2);
      await begin(3);
      expect(batches).toEqual([[1], [2]]);
      await release();
      expect(await first.results).toEqual(['done 1']);
      expect(batches).toEqual([[1], [2]]);
      await pass(LATE_AFTER_MS);
      expect(batches).toEqual([[1], [2], [3]]);
    });

    it('sets no timer while no item waits', async () => {
      const { batches, release, begin } = start();
      await begin(1);
      expect(jest.getTimerCount()).toBe(0);
      await release();
      await begin(2);
      expect(batches).toEqual([[1], [2]]);
      await begin(3);
      expect(jest.getTimerCount()).toBe(1);
    });
  });

  it('serves owners round-robin', async () => {
    const batches: string[][] = [];
    const commit = groupCommit(
      (items: string[]) => {
        batches.push(items);
        return Promise.resolve(items);
      },
      { maxBatch: 4, ownerOf: (item) => item[0] },
    );
    await Promise.all(['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1'].map(commit));
    expect(batches).toEqual([
      ['a1', 'b1', 'c1', 'a2'],
      ['b2', 'a3', 'a4', 'a5'],
    ]);
  });

  describe('with a timeout', () => {
    beforeEach(fakeTimeouts);
    afterEach(() => {
      jest.useRealTimers();
    });

    const timeout = { ms: 30, detail: 'too late' };
    const unavailable = { code: 'unavailable', detail: 'too late' };

    it('rejects an item that timed out in the queue and never flushes it', async () => {
      const { batches, flush, release } = heldFlush();
      const commit = groupCommit(flush, { timeout });
      const hanging = outcomeOf(commit(1));
      await nextTurn();
      const late = outcomeOf(commit(2));
      jest.advanceTimersByTime(timeout.ms);
      expect(await late).toMatchObject(unavailable);
      expect(await hanging).toMatchObject(unavailable);
      const next = commit(3);
      await release();
      await release();
      expect(await next).toBe('done 3');
      expect(batches).toEqual([[1], [3]]);
    });

    it('does not time out an item that has settled', async () => {
      const commit = groupCommit((items: number[]) => Promise.resolve(items), { timeout });
      expect(await commit(1)).toBe(1);
      await expect(
        groupCommit(() => Promise.reject<number[]>(new Error('unavailable')), { timeout })(1),
      ).rejects.toThrow('unavailable');
      expect(jest.getTimerCount()).toBe(0);
    });

    it('drops timed-out items from the queue while a flush hangs', async () => {
      const { batches, flush, release } = heldFlush();
      const commit = groupCommit(flush, { timeout, ownerOf: (item) => item % 3 });
      void outcomeOf(commit(-1));
      await nextTurn();
      const late = Array.from({ length: 300 }, (_, item) => outcomeOf(commit(item)));
      jest.advanceTimersByTime(timeout.ms);
      await Promise.all(late);
      await release();
      expect(batches).toEqual([[-1]]);
    });
  });

  describe('with a timeout of the queue', () => {
    beforeEach(fakeTimeouts);
    afterEach(() => {
      jest.useRealTimers();
    });

    const timeout = { ms: 30, error: () => new Error('waited too long') };

    it('rejects a queued item and never flushes it, and waits for the result of a flush that has begun', async () => {
      const { batches, flush, release } = heldFlush();
      const commits = new GroupCommit(flush);
      const [flushed] = commits.submit([1], timeout);
      await nextTurn();
      const [queued = Promise.resolve('')] = commits.submit([2], timeout);
      jest.advanceTimersByTime(timeout.ms);
      expect(await outcomeOf(queued)).toEqual(new Error('waited too long'));
      await release();
      expect(await flushed).toBe('done 1');
      expect(batches).toEqual([[1]]);
    });

    it('flushes all items of a call after the flush of its first item has begun', async () => {
      const { flush, release } = heldFlush();
      const commits = new GroupCommit(flush, { maxBatch: 1 });
      const results = Promise.all(commits.submit([1, 2, 3], timeout));
      await nextTurn();
      const late = outcomeOf(Promise.all(commits.submit([4], timeout)));
      jest.advanceTimersByTime(timeout.ms);
      await late;
      for (let flushes = 0; flushes < 3; flushes += 1) await release();
      expect(await results).toEqual(['done 1', 'done 2', 'done 3']);
    });
  });

  it('never flushes the other items of a call after a flush of the call has failed', async () => {
    const batches: number[][] = [];
    const commits = new GroupCommit(
      (items: number[]) => {
        batches.push(items);
        return items.includes(2) ? Promise.reject(new Error('unavailable')) : Promise.resolve(items);
      },
      { maxBatch: 1 },
    );
    const results = await Promise.allSettled([...commits.submit([1, 2, 3, 4]), ...commits.submit([5])]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(batches).toEqual([[1], [2], [5]]);
  });

  it('flushes the other items of a call after one of them was faulty', async () => {
    const commits = new GroupCommit(
      (items: number[]) => (items.includes(2) ? Promise.reject(itemError) : Promise.resolve(items)),
      { isItemError, maxBatch: 2 },
    );
    const results = await Promise.allSettled(commits.submit([1, 2, 3, 4, 5]));
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('flushes no later item of a call after an earlier one could not be flushed, although its batch was split', async () => {
    const flushed: number[] = [];
    const commits = new GroupCommit(
      (items: number[]) => {
        if (items.length > 2) return Promise.reject(itemError);
        if (items.includes(1)) return Promise.reject(new Error('unavailable'));
        flushed.push(...items);
        return Promise.resolve(items);
      },
      { isItemError },
    );
    await Promise.allSettled([...commits.submit([1, 2, 3]), ...commits.submit([4])]);
    expect(flushed).toEqual([4]);
  });

  describe('the expected wait', () => {
    it('is the time to flush the items ahead, at the rate of the latest full flushes', async () => {
      const { submit, flush, waitMs } = startCommits();
      submit('a', 200);
      expect(waitMs('a')).toBe(0);
      await flush(10);
      // 100 items are flushed, 10 are in flight.
      expect(waitMs('a')).toBe(900);
    });

    it('counts only what is flushed before the share of the owner', async () => {
      const { submit, flush, waitMs } = startCommits();
      submit('a', 200);
      await flush(5);
      expect(waitMs('b')).toBe(0);
      submit('b', 20);
      expect(waitMs('b')).toBeCloseTo(400, -2);
    });

    it('counts the time of flushes at the same time once', async () => {
      const { submit, flush, waitMs } = startCommits({ maxFlushes: 2 });
      submit('a', 230);
      await nextTurn();
      await flush(10, 50);
      // Of the rest, two flushes have begun.
      expect(waitMs('a')).toBe(550);
    });

    it('is 0 for a small backlog', async () => {
      const { submit, flush, waitMs } = startCommits({ smallBacklog: 50 });
      submit('a', 80);
      await flush(1);
      expect(waitMs('a')).toBe(600);
      await flush(1);
      expect(waitMs('a')).toBe(0);
    });

    it('is 0 while the next flush has room, and when no flush was full for a while', async () => {
      const { submit, flush, waitMs, pass } = startCommits();
      submit('a', 29);
      await flush(1);
      expect(waitMs('a')).toBe(0);
      await flush(2);
      pass(20_000);
      submit('a', 200);
      expect(waitMs('a')).toBe(0);
    });
  });

  it('flushes every item once, for any arrival order and any faulty items', async () => {
    const arrivals = fc.array(fc.record({ turns: fc.nat(3), bad: fc.boolean() }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 8 }), async (items, maxBatch) => {
        const flushed: number[] = [];
        let running = 0;
        const commit = groupCommit(
          async (batch: number[]) => {
            running += 1;
            expect(running).toBe(1);
            expect(batch.length).toBeLessThanOrEqual(maxBatch);
            await nextTurn();
            running -= 1;
            if (batch.some((index) => items[index]?.bad)) throw itemError;
            flushed.push(...batch);
            return batch.map((index) => index * 10);
          },
          { maxBatch, isItemError },
        );
        const results = await Promise.allSettled(
          items.map(async ({ turns }, index) => {
            for (let turn = 0; turn < turns; turn += 1) await nextTurn();
            return commit(index);
          }),
        );
        const good = items.flatMap(({ bad }, index) => (bad ? [] : [index]));
        expect(flushed.toSorted((a, b) => a - b)).toEqual(good);
        results.forEach((result, index) => {
          expect(result).toEqual(
            items[index]?.bad
              ? { status: 'rejected', reason: itemError }
              : { status: 'fulfilled', value: index * 10 },
          );
        });
      }),
    );
  });
});
