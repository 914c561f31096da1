import { PosthornError } from '@posthorn/core';
import { isReadTimeout } from '@posthorn/database/connection';
import type { AcceptHook } from '@posthorn/fanout';
import type { WriteMonitor } from '../monitoring/write-monitor.js';

/** Lets a monitor learn from the results, and refuses events while PostgreSQL hangs. */
export const monitorWrites = (
  monitor: Pick<WriteMonitor, 'noteStored' | 'noteFailed' | 'checkAfterHang'>,
): AcceptHook => ({
  before: () => monitor.checkAfterHang().catch(refuse),
  after(_events, results) {
    if (results.some(({ status }) => status === 'accepted')) monitor.noteStored();
  },
  failed(error) {
    if (isWriteFailure(error)) monitor.noteFailed(isReadTimeout(error.cause));
  },
});

/** Returns whether PostgreSQL is the cause, which a refusal by the API itself does not have. */
const isWriteFailure = (error: unknown): error is PosthornError =>
  error instanceof PosthornError && error.code === 'unavailable' && error.cause !== undefined;

function refuse(cause: unknown): never {
  throw new PosthornError('unavailable', {
    detail: 'PostgreSQL does not respond to writes. Nothing was stored; retry later.',
    cause,
  });
}
