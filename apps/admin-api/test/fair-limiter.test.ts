import { describe, expect, it } from '@jest/globals';
import { FairLimiter } from '../src/http/fair-limiter.js';

/** Returns work that ends when `end` is called, and the names of all work in the order of its start. */
function recorded() {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  const work = (name: string) => () => {
    started.push(name);
    return new Promise<string>((resolve) => ends.push(() => resolve(name)));
  };
  const endNext = async () => {
    ends.shift()?.();
    await new Promise(setImmediate);
  };
  return { started, work, endNext };
}

describe('a fair queue', () => {
  it('runs a few pieces of work at a time, and lets owners take turns', async () => {
    const queue = new FairLimiter(2);
    const { started, work, endNext } = recorded();
    const names = ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'b2', 'c1'];
    const results = names.map((name) => queue.run(name.charAt(0), work(name)));
    expect(started).toEqual(['a1', 'a2']);
    for (const _ of names) await endNext();
    expect(started).toEqual(['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2', 'a5']);
    expect(await Promise.all(results)).toEqual(names);
  });

  it('continues after work that failed', async () => {
    const queue = new FairLimiter(1);
    const failed = queue.run('a', () => Promise.reject(new Error('failed')));
    const next = queue.run('a', () => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('failed');
    expect(await next).toBe('done');
    expect(await queue.run('a', () => Promise.resolve('free'))).toBe('free');
  });
});
