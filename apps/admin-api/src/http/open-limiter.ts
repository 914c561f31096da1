import { type ErrorCode, PosthornError } from '@posthorn/core';

/** Maximum number of calls of one kind that stay open in a process. */
interface OpenLimits {
  /** Of a key and its sessions together, or of a portal link. */
  perKey: number;
  /** Of all keys and portal links of a tenant together. */
  perTenant: number;
  total: number;
  /** The calls and what to do about too many, for the error. */
  calls: string;
}

export const STREAM_LIMITS: OpenLimits = {
  perKey: 20,
  perTenant: 50,
  total: 1000,
  calls: 'open streams. Close one first.',
};

export const POLL_LIMITS: OpenLimits = {
  perKey: 50,
  perTenant: 500,
  total: 2000,
  calls: 'calls that wait for entries. Call without `wait`.',
};

export const EXPORT_LIMITS: OpenLimits = {
  perKey: 4,
  perTenant: 2,
  total: 4,
  calls: 'exports in progress. Wait until one has ended.',
};

/** What an open call counts for. */
interface OpenOwner {
  /** The result of `limitedKeyOf`. */
  keyId: string;
  /** Null for a call that belongs to no tenant. */
  tenantId: string | null;
}

/** Counts a call as open until the returned function is called. @throws PosthornError `too_many_requests`, or `unavailable` for the process */
export type OpenCall = (owner: OpenOwner) => () => void;

/** Retry-After of one call too many, in seconds. */
const RETRY_AFTER_S = 10;

export function createOpenLimiter({ calls, ...limits }: OpenLimits): OpenCall {
  const open = new Map<string, number>();
  const change = (owner: string, by: 1 | -1) => {
    const count = (open.get(owner) ?? 0) + by;
    if (count > 0) open.set(owner, count);
    else open.delete(owner);
  };
  return (caller) => {
    const owners = ownersOf(caller, limits);
    for (const { owner, name, max, code } of owners)
      if ((open.get(owner) ?? 0) >= max)
        throw new PosthornError(code, {
          detail: `${name} already has ${max} ${calls}`,
          extra: { retryAfter: RETRY_AFTER_S },
        });
    for (const { owner } of owners) change(owner, 1);
    return () => {
      for (const { owner } of owners) change(owner, -1);
    };
  };
}

interface LimitedOwner {
  owner: string;
  name: string;
  max: number;
  code: ErrorCode;
}

/** Returns everything that a call counts for. */
function ownersOf(
  { keyId, tenantId }: OpenOwner,
  { perKey, perTenant, total }: Omit<OpenLimits, 'calls'>,
): LimitedOwner[] {
  const code = 'too_many_requests';
  const key: LimitedOwner = { owner: keyId, name: 'This API key or portal link', max: perKey, code };
  const process: LimitedOwner = { owner: 'total', name: 'This process', max: total, code: 'unavailable' };
  if (tenantId === null) return [key, process];
  return [key, { owner: tenantId, name: 'The tenant', max: perTenant, code }, process];
}
