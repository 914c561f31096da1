import { groupCommit } from '@posthorn/core';
import { isDataError, type Pool, retryTransient } from '@posthorn/database/connection';
import type { PayloadKeys } from '@posthorn/database/encryption';
import { rejectEvents, type Rejection } from '@posthorn/database/events';
import type { Acceptor, PublishQuotas } from '@posthorn/fanout';
import type { IngestPushDeps } from './ingest-push.js';

interface PushStoreDeps {
  pool: Pool;
  payloadKeys: PayloadKeys;
  acceptor: Pick<Acceptor, 'accept'>;
  quotas: Pick<PublishQuotas, 'delayOfPush'>;
  /** Called with each error that delays a push. */
  onRetry: (error: unknown) => void;
}

/** Stores pushes, accepted or rejected. While PostgreSQL is unavailable, they wait. */
export function createPushStore({
  pool,
  payloadKeys,
  acceptor,
  quotas,
  onRetry,
}: PushStoreDeps): Pick<IngestPushDeps, 'accept' | 'delayOf' | 'reject'> {
  return {
    accept: (event) => retryTransient(() => acceptor.accept(event), { onRetry }),
    delayOf: (event, hasWaited) => retryTransient(() => quotas.delayOfPush(event, hasWaited), { onRetry }),
    reject: groupCommit(
      async (rejections: Rejection[]) => {
        await retryTransient(() => rejectEvents(pool, rejections, payloadKeys), { onRetry });
        return rejections.map(() => undefined);
      },
      { isItemError: isDataError },
    ),
  };
}
