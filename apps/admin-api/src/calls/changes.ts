import { Deadline, KeyedSemaphore, PosthornError, type ReleasePermit } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import type { Caller } from '../access/authenticate.js';

/** A change of configuration that a call makes. */
export interface Change {
  caller: Pick<Caller, 'tenantId'>;
  /** The id of the resource whose row the change locks. Undefined if it locks none. */
  resource?: string;
}

/** The resource that is locked by a change that counts toward the quotas of a tenant. */
export const countedIn = (tenantId: string | null): Pick<Change, 'resource'> =>
  tenantId === null ? {} : { resource: tenantId };

/** Runs a transaction on a connection for changes, in turn with other changes. @throws PosthornError `unavailable` */
export type RunChange = <Result>(
  change: Change,
  work: (prisma: PrismaDb) => Promise<Result>,
) => Promise<Result>;

/** Maximum number of changes that wait for the same resource, and for the same tenant. */
const MAX_WAITING_PER_RESOURCE = 100;
const MAX_WAITING_PER_TENANT = 200;

interface ChangeRunnerOptions {
  prisma: PrismaDb;
  /** The number of its connections. The changes of one tenant leave one free. */
  connections: number;
  /** Called after each change. */
  onChange: () => void;
  /** The longest wait of a change for its turn, in milliseconds. */
  maxWaitMs: number;
}

/**
 * Creates a function that runs changes. A change gets a connection only when no other change of the same resource is in
 * progress in this process: it would wait for the lock of the row, and keep the connection from others meanwhile.
 */
export function createChangeRunner({
  prisma,
  connections,
  onChange,
  maxWaitMs,
}: ChangeRunnerOptions): RunChange {
  const resources = new KeyedSemaphore({ permits: 1, maxWaiting: MAX_WAITING_PER_RESOURCE });
  const tenants = new KeyedSemaphore({
    permits: connections - 1,
    maxWaiting: MAX_WAITING_PER_TENANT,
  });
  return async ({ caller, resource }, work) => {
    const deadline = new Deadline(maxWaitMs);
    const permits: ReleasePermit[] = [];
    try {
      if (resource !== undefined) permits.push(await permit(resources, resource, deadline));
      if (caller.tenantId !== null) permits.push(await permit(tenants, caller.tenantId, deadline));
      const result = await work(prisma);
      onChange();
      return result;
    } finally {
      for (const release of permits) release();
    }
  };
}

async function permit(semaphore: KeyedSemaphore, key: string, deadline: Deadline): Promise<ReleasePermit> {
  const release = await semaphore.acquire(key, deadline.remainingMs);
  if (release) return release;
  throw new PosthornError('unavailable', {
    detail:
      'Too many changes of this resource or tenant are in progress. Nothing was changed; retry shortly.',
  });
}
