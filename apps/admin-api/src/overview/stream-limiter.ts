import { PosthornError } from '@posthorn/core';
import { type Caller, limitedKeyOf } from '../http/authenticate.js';

/** Maximum number of open streams of one process. */
export interface StreamLimits {
  /** Of a key and its sessions together, or of a portal link. */
  perKey: number;
  /** Of all keys and portal links of a tenant together. */
  perTenant: number;
  total: number;
}

export const STREAM_LIMITS: StreamLimits = { perKey: 20, perTenant: 50, total: 1000 };

/** Counts a stream as open until the returned function is called. @throws PosthornError `too_many_requests` */
export type OpenStream = (caller: Pick<Caller, 'id' | 'kind' | 'tenantId' | 'parent'>) => () => void;

/** Retry-After of a request for one stream too many, in seconds. */
const RETRY_AFTER_S = 10;

export function createStreamLimiter(limits: StreamLimits): OpenStream {
  const open = new Map<string, number>();
  const change = (owner: string, by: 1 | -1) => {
    const count = (open.get(owner) ?? 0) + by;
    if (count > 0) open.set(owner, count);
    else open.delete(owner);
  };
  return (caller) => {
    const owners = ownersOf(caller, limits);
    for (const { owner, name, max } of owners) if ((open.get(owner) ?? 0) >= max) throw tooMany(name, max);
    for (const { owner } of owners) change(owner, 1);
    return () => {
      for (const { owner } of owners) change(owner, -1);
    };
  };
}

/** Returns everything that a stream of the caller counts for. */
function ownersOf(caller: Parameters<OpenStream>[0], { perKey, perTenant, total }: StreamLimits) {
  const { tenantId } = caller;
  return [
    { owner: limitedKeyOf(caller), name: 'This API key or portal link', max: perKey },
    ...(tenantId === null ? [] : [{ owner: tenantId, name: 'This tenant', max: perTenant }]),
    { owner: 'total', name: 'This process', max: total },
  ];
}

const tooMany = (name: string, max: number): PosthornError =>
  new PosthornError('too_many_requests', {
    detail: `${name} already has ${max} open streams. Close one first.`,
    extra: { retryAfter: RETRY_AFTER_S },
  });
