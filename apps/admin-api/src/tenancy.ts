import { decodeId, DEFAULT_TENANT_ID, PosthornError } from '@posthorn/core';
import { type PrismaDb, tenantExists } from '@posthorn/database/prisma';
import type { Caller } from './http/authenticate.js';

/** How a request names a tenant: `ten_…`, `default`, or not at all. */
type TenantReference = string | undefined;

const tenantNotFound = () => new PosthornError('not_found', { detail: 'there is no such tenant' });

/**
 * The tenant that a request is about: the key's own, or, for a key for all tenants, the one that it names or else the
 * default one. Whether it exists is not looked up.
 */
export function resolveTenantId(caller: Caller, reference: TenantReference): string {
  if (reference === undefined) return caller.tenantId ?? DEFAULT_TENANT_ID;
  const id = reference === 'default' ? DEFAULT_TENANT_ID : decodeId('tenant', reference);
  if (id === null || (caller.tenantId !== null && caller.tenantId !== id)) throw tenantNotFound();
  return id;
}

/** The same, and it does exist. */
export async function requireTenant(
  prisma: PrismaDb,
  caller: Caller,
  reference: TenantReference,
): Promise<string> {
  const id = resolveTenantId(caller, reference);
  const isKnown = id === caller.tenantId || id === DEFAULT_TENANT_ID || (await tenantExists(prisma, id));
  if (!isKnown) throw tenantNotFound();
  return id;
}

/** The one tenant whose things a list shows; null, for those of all and of none, when a key for all tenants names none. */
export async function tenantOrAll(
  prisma: PrismaDb,
  caller: Caller,
  reference: TenantReference,
): Promise<string | null> {
  if (caller.tenantId === null && reference === undefined) return null;
  return requireTenant(prisma, caller, reference);
}

/** The tenant whose things a list shows. A webhook that it is about says so itself: null, for whichever has that webhook. */
export async function tenantOfListQuery(
  prisma: PrismaDb,
  caller: Caller,
  { tenantId, webhookId }: { tenantId?: TenantReference; webhookId?: string | undefined },
): Promise<string | null> {
  if (webhookId !== undefined && tenantId === undefined) return caller.tenantId;
  return requireTenant(prisma, caller, tenantId);
}
