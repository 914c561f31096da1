import { PosthornError } from '@posthorn/core';
import { isReadTimeout } from '@posthorn/database/connection';
import type { WriteMonitor } from '../monitoring/write-monitor.js';
import type { EventDeps } from './deps.js';

/** Wraps an acceptor so that a monitor learns from its results and refuses events while PostgreSQL hangs. */
export function monitorWrites(
  acceptor: EventDeps['acceptor'],
  monitor: Pick<WriteMonitor, 'noteStored' | 'noteFailed' | 'checkAfterHang'>,
): EventDeps['acceptor'] {
  async function observe<Result>(work: () => Promise<Result>, isStored: (result: Result) => boolean) {
    await monitor.checkAfterHang().catch(refuse);
    try {
      const result = await work();
      if (isStored(result)) monitor.noteStored();
      return result;
    } catch (error) {
      if (isWriteFailure(error)) monitor.noteFailed(isReadTimeout(error.cause));
      throw error;
    }
  }
  return {
    accept: (event) =>
      observe(
        () => acceptor.accept(event),
        ({ status }) => status === 'accepted',
      ),
    acceptAll: (events) =>
      observe(
        () => acceptor.acceptAll(events),
        (results) => results.some(({ status }) => status === 'accepted'),
      ),
    assertShortWait: acceptor.assertShortWait,
  };
}

/** Returns whether PostgreSQL is the cause, which a refusal by the API itself does not have. */
const isWriteFailure = (error: unknown): error is PosthornError =>
  error instanceof PosthornError && error.code === 'unavailable' && error.cause !== undefined;

function refuse(cause: unknown): never {
  throw new PosthornError('unavailable', {
    detail: 'PostgreSQL does not respond to writes. Nothing was stored; retry later.',
    cause,
  });
}
