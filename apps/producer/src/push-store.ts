import { groupCommit } from '@posthorn/core';
import { isDataError, type Pool, type Rejection, rejectEvents, retryTransient } from '@posthorn/database';
import type { Acceptor } from '@posthorn/fanout';
import type { IngestPushDeps } from './ingest-push.js';

export interface PushStoreDeps {
  pool: Pool;
  acceptor: Pick<Acceptor, 'accept'>;
  /** Called with each error that delays a push. */
  onRetry: (error: unknown) => void;
}

/** Stores pushes, accepted or rejected. While PostgreSQL is unavailable, they wait. */
export function createPushStore({
  pool,
  acceptor,
  onRetry,
}: PushStoreDeps): Pick<IngestPushDeps, 'accept' | 'reject'> {
  return {
    accept: (event) => retryTransient(() => acceptor.accept(event), { onRetry }),
    reject: groupCommit(
      async (rejections: Rejection[]) => {
        await retryTransient(() => rejectEvents(pool, rejections), { onRetry });
        return rejections.map(() => undefined);
      },
      { isItemError: isDataError },
    ),
  };
}
