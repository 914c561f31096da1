import { PosthornError } from '@posthorn/core';
import type { Caller } from './authenticate.js';

/** Most calls in progress, apart from publishing, which has limits of its own. */
export interface CallLimits {
  /** Of the keys of one tenant together. */
  perTenant: number;
  /** Of one key for all tenants, which acts for many. */
  perKey: number;
}

export const CALL_LIMITS: CallLimits = { perTenant: 200, perKey: 2000 };

/** Counts a call as in progress and returns its end. @throws PosthornError `too_many_requests` */
export type BeginCall = (caller: Caller) => () => void;

/** Returns who shares limits with a caller: the tenant, or the key for all tenants and its sessions. */
const ownerOf = ({ tenantId, parent, id }: Caller): string => tenantId ?? parent?.id ?? id;

export function createCallLimiter({ perTenant, perKey }: CallLimits): BeginCall {
  const inProgress = new Map<string, number>();
  return (caller) => {
    const owner = ownerOf(caller);
    const calls = inProgress.get(owner) ?? 0;
    if (calls >= (caller.tenantId === null ? perKey : perTenant)) {
      const detail = `Too many calls of this ${caller.tenantId === null ? 'key' : 'tenant'} are in progress`;
      throw new PosthornError('too_many_requests', { detail, extra: { retryAfter: 1 } });
    }
    inProgress.set(owner, calls + 1);
    return () => {
      const left = (inProgress.get(owner) ?? 1) - 1;
      if (left === 0) inProgress.delete(owner);
      else inProgress.set(owner, left);
    };
  };
}
