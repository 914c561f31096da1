import { ALL_TENANTS, SYSTEM_SCOPE } from '@posthorn/contract';
import { decodeId, DEFAULT_TENANT_ID, fieldError, PosthornError, SYSTEM_TENANT_ID } from '@posthorn/core';
import type { PrismaDb } from '@posthorn/database/prisma-client';
import { tenantExists } from '@posthorn/database/tenants/prisma';
import { type Caller, reachesTenant, seesAllTenants } from './authenticate.js';

/** A tenant as named in a request: `ten_…`, `default`, `system`, or undefined. */
type TenantReference = string | undefined;

export const tenantNotFound = () => new PosthornError('not_found', { detail: 'Tenant not found' });

export const tenantRequired = () =>
  new PosthornError('invalid_input', { errors: [fieldError('tenantId', 'required')] });

/**
 * Returns the tenant of webhooks that a request names: the tenant of the key, or, for a key for several, the named one, the system
 * scope, or else the default. Does not check that it exists.
 * @throws PosthornError if a key that is limited to several tenants names none, or it is out of reach
 */
export function resolveWebhookTenantId(caller: Caller, reference: TenantReference): string {
  if (reference === undefined) {
    const own = impliedTenantOf(caller);
    if (own === null) throw tenantRequired();
    return own;
  }
  // An external id of a batch that is unknown.
  if (typeof reference !== 'string') throw tenantNotFound();
  const id = BUILT_IN.get(reference) ?? decodeId('tenant', reference);
  if (id === null || !reachesTenant(caller, id)) throw tenantNotFound();
  return id;
}

/** Returns the tenant of a call that names none. Null if the key is limited to several. */
export function impliedTenantOf({ tenantId, tenantIds }: Caller): string | null {
  if (tenantId !== null) return tenantId;
  if (tenantIds === null) return DEFAULT_TENANT_ID;
  return tenantIds.length === 1 ? (tenantIds[0] ?? null) : null;
}

const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['default', DEFAULT_TENANT_ID],
  [SYSTEM_SCOPE, SYSTEM_TENANT_ID],
]);

/** Returns the tenant of a request, like `resolveWebhookTenantId`, but not the system scope. */
export function resolveTenantId(caller: Caller, reference: TenantReference): string {
  return notSystem(resolveWebhookTenantId(caller, reference));
}

/** Returns the tenant. @throws PosthornError if it is the system scope, which has only webhooks */
export function notSystem<Id extends string | null>(tenantId: Id): Id {
  if (tenantId === SYSTEM_TENANT_ID) throw tenantNotFound();
  return tenantId;
}

/** Returns the tenant of a request, like `resolveTenantId`. @throws PosthornError if it does not exist */
export async function requireTenant(
  prisma: PrismaDb,
  caller: Caller,
  reference: TenantReference,
): Promise<string> {
  return notSystem(await requireWebhookTenant(prisma, caller, reference));
}

/** Returns the tenant of webhooks that a request names. @throws PosthornError if it does not exist */
export async function requireWebhookTenant(
  prisma: PrismaDb,
  caller: Caller,
  reference: TenantReference,
): Promise<string> {
  const id = resolveWebhookTenantId(caller, reference);
  const isKnown = id === caller.tenantId || id === DEFAULT_TENANT_ID || (await tenantExists(prisma, id));
  if (!isKnown) throw tenantNotFound();
  return id;
}

/**
 * Returns the tenant to list, like `requireWebhookTenant`, or null for all tenants.
 * @throws PosthornError also if a key of one tenant asks for all tenants
 */
export async function listedTenant(
  prisma: PrismaDb,
  caller: Caller,
  reference: TenantReference,
): Promise<string | null> {
  if (reference !== ALL_TENANTS) return requireWebhookTenant(prisma, caller, reference);
  if (!seesAllTenants(caller))
    throw new PosthornError('forbidden', { detail: 'Only a key for all tenants may list all tenants' });
  return null;
}

/** Returns the tenant to list, or null for all tenants, also if a key for all tenants names none. */
export async function listedTenantOrAll(
  prisma: PrismaDb,
  caller: Caller,
  reference: TenantReference,
): Promise<string | null> {
  if (seesAllTenants(caller) && reference === undefined) return null;
  return listedTenant(prisma, caller, reference);
}

/** Returns the tenant like `listedTenantOrAll`, also one that no longer exists. */
export async function usedTenantOrAll(
  prisma: PrismaDb,
  caller: Caller,
  reference: TenantReference,
): Promise<string | null> {
  if (reference === undefined || reference === ALL_TENANTS)
    return listedTenantOrAll(prisma, caller, reference);
  return resolveWebhookTenantId(caller, reference);
}

/** Returns the tenant to list, or null if the list is of all tenants or of one webhook, which implies its tenant. */
export async function tenantOfListQuery(
  prisma: PrismaDb,
  caller: Caller,
  { tenantId, webhookId }: { tenantId?: TenantReference; webhookId?: string | undefined },
): Promise<string | null> {
  if (webhookId !== undefined && tenantId === undefined) return caller.tenantId;
  return listedTenant(prisma, caller, tenantId);
}
