import { PosthornError } from '@posthorn/core';
import type { Caller } from './authenticate.js';
import type { RateLimit } from '../http/rate-limit.js';

/** Maximum number of calls in progress, except publish calls, which have their own limits. */
export interface CallLimits {
  /** Of the keys of one tenant together. */
  perTenant: number;
  /** Of one key for all tenants, including its sessions. */
  perKey: number;
}

export const CALL_LIMITS: CallLimits = { perTenant: 200, perKey: 2000 };

/** Counts a call as in progress and notes how many more may be. Returns a function that ends it, which may be called again. @throws PosthornError `too_many_requests` */
export type BeginCall = (caller: Caller, noteRate: (rate: RateLimit) => void) => () => void;

/** Returns the id whose limit applies to a caller: the tenant, or the key for all tenants and its sessions. */
const ownerOf = ({ tenantId, parent, id }: Caller): string => tenantId ?? parent?.id ?? id;

export function createCallLimiter({ perTenant, perKey }: CallLimits): BeginCall {
  const inProgress = new Map<string, number>();
  return (caller, noteRate) => {
    const owner = ownerOf(caller);
    const calls = inProgress.get(owner) ?? 0;
    const quota = caller.tenantId === null ? perKey : perTenant;
    if (calls >= quota) {
      noteRate({ name: 'calls', quota, remaining: 0, resetS: 1 });
      const detail = `Too many calls of this ${caller.tenantId === null ? 'key' : 'tenant'} are in progress. Retry shortly.`;
      throw new PosthornError('too_many_requests', { detail, extra: { retryAfter: 1 } });
    }
    inProgress.set(owner, calls + 1);
    noteRate({ name: 'calls', quota, remaining: quota - calls - 1 });
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      const left = (inProgress.get(owner) ?? 1) - 1;
      if (left === 0) inProgress.delete(owner);
      else inProgress.set(owner, left);
    };
  };
}
