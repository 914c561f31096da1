import { PosthornError } from '@posthorn/core';
import type { ApiDeps } from './deps.js';
import type { WriteMonitor } from './write-monitor.js';

/** Wraps an acceptor so that a monitor learns from its results. */
export function monitorWrites(
  acceptor: ApiDeps['acceptor'],
  monitor: Pick<WriteMonitor, 'noteStored' | 'noteFailed'>,
): ApiDeps['acceptor'] {
  async function observe<Result>(work: Promise<Result>, isStored: (result: Result) => boolean) {
    try {
      const result = await work;
      if (isStored(result)) monitor.noteStored();
      return result;
    } catch (error) {
      if (isWriteFailure(error)) monitor.noteFailed();
      throw error;
    }
  }
  return {
    accept: (event) => observe(acceptor.accept(event), ({ status }) => status === 'accepted'),
    acceptAll: (events) =>
      observe(acceptor.acceptAll(events), (results) => results.some(({ status }) => status === 'accepted')),
    assertShortWait: acceptor.assertShortWait,
  };
}

/** Returns whether PostgreSQL is the cause, which a refusal by the API itself does not have. */
const isWriteFailure = (error: unknown): boolean =>
  error instanceof PosthornError && error.code === 'unavailable' && error.cause !== undefined;
