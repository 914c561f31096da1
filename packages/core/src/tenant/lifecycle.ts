/** The states of a tenant. A deleted one can be restored until the time of its purge. */
export const TENANT_STATUSES = ['active', 'suspended', 'deleted'] as const;

export type TenantStatus = (typeof TENANT_STATUSES)[number];

export interface TenantLifecycle {
  status: TenantStatus;
  /** Incremented by each command. */
  epoch: number;
  suspendedAt: Date | null;
  suspendReason: string | null;
  /** The name of the key at that time. */
  suspendedByName: string | null;
  /** When it was last reactivated or restored. */
  reactivatedAt: Date | null;
  deletedAt: Date | null;
  /** When the data of a deleted tenant is purged. Until then it can be restored. */
  purgeAt: Date | null;
}

/** How long a deleted tenant can be restored, in days. */
export const DEFAULT_PURGE_DAYS = 7;

export type TenantCommand =
  | { type: 'suspend'; reason: string; byName: string }
  | { type: 'reactivate' }
  | { type: 'delete'; purgeDays: number }
  | { type: 'restore' };

const DAY_MS = 24 * 3600 * 1000;

const NOT_STOPPED = {
  suspendedAt: null,
  suspendReason: null,
  suspendedByName: null,
  deletedAt: null,
  purgeAt: null,
} as const;

/** Applies a command. Returns the next state, or null if the current state does not allow the command. */
export function tenantTransition(
  tenant: TenantLifecycle,
  command: TenantCommand,
  now: Date,
): TenantLifecycle | null {
  const epoch = tenant.epoch + 1;
  switch (command.type) {
    case 'suspend': {
      if (tenant.status !== 'active') return null;
      const { reason: suspendReason, byName: suspendedByName } = command;
      return { ...tenant, status: 'suspended', epoch, suspendedAt: now, suspendReason, suspendedByName };
    }
    case 'reactivate':
      return tenant.status === 'suspended' ? reactivated(tenant, now) : null;
    case 'delete': {
      if (tenant.status === 'deleted') return null;
      const purgeAt = new Date(now.getTime() + command.purgeDays * DAY_MS);
      return { ...tenant, status: 'deleted', epoch, deletedAt: now, purgeAt };
    }
    case 'restore':
      return isRestorable(tenant, now) ? reactivated(tenant, now) : null;
  }
}

const reactivated = (tenant: TenantLifecycle, now: Date): TenantLifecycle => ({
  ...tenant,
  ...NOT_STOPPED,
  status: 'active',
  epoch: tenant.epoch + 1,
  reactivatedAt: now,
});

/** From the time of the purge on, its data may be incomplete. */
const isRestorable = ({ status, purgeAt }: TenantLifecycle, now: Date): boolean =>
  status === 'deleted' && purgeAt !== null && now < purgeAt;
