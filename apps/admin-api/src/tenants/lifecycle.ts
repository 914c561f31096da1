import {
  type Actor,
  type AuditAction,
  DEFAULT_TENANT_ID,
  PosthornError,
  SYSTEM_TENANT_ID,
  type TenantCommand,
  tenantTransition,
} from '@posthorn/core';
import type { AuditSnapshot } from '@posthorn/database/audit/prisma';
import { changeTenantStatus, findTenant, type Tenant } from '@posthorn/database/tenants/prisma';
import type { Caller } from '../access/authenticate.js';
import type { Handler } from '../calls/handler.js';
import { assertPreconditions, NO_PRECONDITIONS, type Preconditions } from '../http/preconditions.js';
import type { TenantDeps } from './deps.js';
import { stopTenant, type StopTenantDeps } from './stop-tenant.js';
import { resolveWebhookTenantId, tenantNotFound } from '../access/tenancy.js';
import { tenantTag } from './tenant-settings.js';
import { withUsage } from './tenants.js';

export const suspendTenant: Handler<'suspendTenant', TenantDeps> = async (request, deps) => {
  const { actor, body } = request;
  const tenantId = changeableTenant(request);
  const command = { type: 'suspend', reason: body.reason, byName: actor.name } as const;
  const { tenant, droppedDeliveries } = await stopTenant(
    {
      tenantId,
      change: () => change({ ...request, tenantId, command }, deps),
      dropReason: 'tenant_suspended',
    },
    deps,
  );
  return {
    status: 200,
    headers: { etag: tenantTag(tenant) },
    body: { ...(await withUsage(tenant, deps)), droppedDeliveries },
  };
};

export const deleteTenant: Handler<'deleteTenant', TenantDeps> = async (request, deps) => {
  const tenantId = changeableTenant(request);
  const command = { type: 'delete', purgeDays: deps.tenantPurgeDays } as const;
  await stopTenant(
    { tenantId, change: () => change({ ...request, tenantId, command }, deps), dropReason: 'deleted' },
    deps,
  );
  return { status: 204, body: null };
};

/** Deletes a tenant that is not deleted yet. */
export async function deleteForGood(
  { tenantId, ...request }: Pick<StatusChange, 'caller' | 'actor' | 'tenantId'>,
  deps: StopTenantDeps & Pick<TenantDeps, 'prisma' | 'change' | 'tenantPurgeDays'>,
): Promise<void> {
  const { status } = (await findTenant(deps.prisma, tenantId)) ?? {};
  if (status === 'deleted') return;
  const command = { type: 'delete', purgeDays: deps.tenantPurgeDays } as const;
  await stopTenant(
    {
      tenantId,
      change: () => change({ ...request, preconditions: NO_PRECONDITIONS, tenantId, command }, deps),
      dropReason: 'deleted',
    },
    deps,
  );
}

export const reactivateTenant: Handler<'reactivateTenant', TenantDeps> = (request, deps) =>
  resume(request, { type: 'reactivate' }, deps);

export const restoreTenant: Handler<'restoreTenant', TenantDeps> = (request, deps) =>
  resume(request, { type: 'restore' }, deps);

async function resume(
  request: Omit<StatusChange, 'tenantId' | 'command'> & {
    params: { id: string };
    body: { reason?: string | undefined };
  },
  command: Extract<TenantCommand, { type: 'reactivate' | 'restore' }>,
  deps: TenantDeps,
) {
  const tenantId = changeableTenant(request);
  const details = { reason: request.body.reason };
  const tenant = await change({ ...request, tenantId, command, details }, deps);
  return {
    status: 200 as const,
    headers: { etag: tenantTag(tenant) },
    body: await withUsage(tenant, deps),
  };
}

/** Returns the id of the tenant of a request. @throws PosthornError if it is built in */
function changeableTenant({ caller, params }: { caller: Caller; params: { id: string } }): string {
  const id = resolveWebhookTenantId(caller, params.id);
  if (id === DEFAULT_TENANT_ID || id === SYSTEM_TENANT_ID)
    throw new PosthornError('invalid_state', { detail: 'Not allowed: the tenant is built in' });
  return id;
}

interface StatusChange {
  caller: Caller;
  actor: Actor;
  preconditions: Preconditions;
  tenantId: string;
  command: TenantCommand;
  /** Extra fields for the audit log. */
  details?: AuditSnapshot;
}

/** @throws PosthornError if the tenant is not found or its state forbids the command */
async function change(
  { caller, actor, preconditions, tenantId, command, details }: StatusChange,
  deps: Pick<TenantDeps, 'change'>,
): Promise<Tenant> {
  const decide = (current: Tenant, now: Date) => {
    if (current.status === 'deleted' && command.type !== 'restore') throw tenantNotFound();
    const next = tenantTransition(current, command, now);
    if (!next) throw invalidState(current);
    assertPreconditions(preconditions, tenantTag(current));
    return next;
  };
  const action: AuditAction = `tenant.${PAST_TENSE[command.type]}`;
  const tenant = await deps.change({ caller, resource: tenantId }, (prisma) =>
    changeTenantStatus(prisma, tenantId, { decide, actor, action, details }),
  );
  if (!tenant) throw tenantNotFound();
  return tenant;
}

const PAST_TENSE = {
  suspend: 'suspended',
  reactivate: 'reactivated',
  delete: 'deleted',
  restore: 'restored',
} as const satisfies Record<TenantCommand['type'], string>;

const invalidState = ({ status }: Tenant) =>
  new PosthornError('invalid_state', {
    // Of a deleted one, only a restore has another error.
    detail: `Not allowed ${status === 'deleted' ? 'any more: the data of the tenant is being purged' : `while the tenant is ${status}`}`,
    extra: { tenantStatus: status },
  });
