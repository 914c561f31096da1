import { isJsonObject } from '@posthorn/contract';
import { decodeId, DEFAULT_TENANT_ID, SYSTEM_TENANT_ID } from '@posthorn/core';
import { type AnyPush, parseJson } from './any-push.js';

/** How a push names its tenant. Both are null if it names none that can exist, or it cannot be read. */
export interface PushOwner {
  tenantId: string | null;
  externalId: string | null;
}

const UNKNOWN: PushOwner = { tenantId: null, externalId: null };

/** Returns the tenant that a push names, also a malformed one. */
export function ownerOf({ source, payload }: AnyPush): PushOwner {
  const fields = source === 'queue' ? parseJson(payload) : payload;
  // The text is cut off, or is not JSON.
  if (fields === undefined) return UNKNOWN;
  const named = isJsonObject(fields) ? fields[source === 'queue' ? 'tenantId' : 'tenant'] : undefined;
  const reference = named ?? 'default';
  if (typeof reference !== 'string') return UNKNOWN;
  const externalId = EXTERNAL.exec(reference)?.[1];
  return externalId === undefined
    ? { tenantId: tenantUuid(reference), externalId: null }
    : { tenantId: null, externalId };
}

/** The API accepts a tenant by its external id, but pushes name it by its own id only. PostgreSQL stores no NUL. */
const EXTERNAL = /^ext:([^\0]{1,1024})$/;

export function tenantUuid(reference: string): string | null {
  if (reference === 'default') return DEFAULT_TENANT_ID;
  const id = decodeId('tenant', reference);
  // Nobody publishes events of the system scope.
  return id === SYSTEM_TENANT_ID ? null : id;
}
