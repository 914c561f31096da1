import { describe, expect, it } from '@jest/globals';
import { checkIdleQueueOnce } from '../src/bullmq/idle-queue.js';

type Backend = Parameters<typeof checkIdleQueueOnce>[0];

/** Creates a backend whose calls are counted, and that waits without result. */
function fakeBackend(keys: string[]) {
  const calls = { moveStalledJobsToWait: 0 };
  const backend: Backend = {
    waitForJob: () => Promise.resolve(null),
    async moveStalledJobsToWait() {
      calls.moveStalledJobsToWait += 1;
      return ['moved'];
    },
  };
  checkIdleQueueOnce(backend, async (...names) => names.some((name) => keys.includes(name)), 2);
  return { backend, calls };
}

describe('a worker that waited without success', () => {
  it('waits again when there is no job', async () => {
    const { backend } = fakeBackend(['active', 'meta']);
    expect(await backend.waitForJob(10)).toMatchObject({ score: Infinity });
  });

  it.each(['wait', 'prioritized', 'delayed'])('fetches jobs when the queue has some: %s', async (key) => {
    const { backend } = fakeBackend([key]);
    expect(await backend.waitForJob(10)).toBeNull();
  });
});

describe('the check for stalled jobs', () => {
  it.each(['active', 'stalled'])('runs while jobs are %s', async (key) => {
    const { backend, calls } = fakeBackend([key]);
    expect(await backend.moveStalledJobsToWait()).toEqual(['moved']);
    expect(await backend.moveStalledJobsToWait()).toEqual(['moved']);
    expect(calls.moveStalledJobsToWait).toBe(2);
  });

  it('is skipped until the lock of a later job can expire, after one without an active job', async () => {
    const keys: string[] = [];
    const { backend } = fakeBackend(keys);
    expect(await backend.moveStalledJobsToWait()).toEqual([]);
    keys.push('active');
    expect(await backend.moveStalledJobsToWait()).toEqual([]);
    expect(await backend.moveStalledJobsToWait()).toEqual([]);
    expect(await backend.moveStalledJobsToWait()).toEqual(['moved']);
  });
});
