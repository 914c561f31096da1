import type { Worker } from 'bullmq';

type Backend = Pick<Worker['backend'], 'waitForJob' | 'moveStalledJobsToWait'>;

/** Whether any of these keys of a queue exists. */
type HasAny = (...names: string[]) => Promise<boolean>;

/** The keys from which BullMQ fetches jobs. */
export const FETCHED_FROM = ['wait', 'prioritized', 'delayed'];

/**
 * Makes a worker check an idle queue with one command. By default it runs scripts of about ten commands after each wait, and to find
 * stalled jobs.
 * @param skippedChecks number of checks for stalled jobs to skip after one that found no active job: until the lock of a job that
 *   became active since then can have expired
 */
export function checkIdleQueueOnce(backend: Backend, hasAny: HasAny, skippedChecks: number): void {
  const wait = backend.waitForJob.bind(backend);
  backend.waitForJob = async (timeoutSeconds) =>
    (await wait(timeoutSeconds)) ?? ((await hasAny(...FETCHED_FROM)) ? null : NOTHING_TO_FETCH);

  const moveStalled = backend.moveStalledJobsToWait.bind(backend);
  let toSkip = 0;
  backend.moveStalledJobsToWait = async () => {
    if (toSkip > 0) {
      toSkip -= 1;
      return [];
    }
    if (await hasAny('active', 'stalled')) return moveStalled();
    toSkip = skippedChecks;
    return [];
  };
}

/** A marker for the end of time: BullMQ waits again. */
const NOTHING_TO_FETCH = { member: '', score: Infinity };
