import { describe, expect, it } from '@jest/globals';
import {
  stopReason,
  TENANT_STATUSES,
  type TenantCommand,
  type TenantLifecycle,
  tenantTransition,
} from '../../src/index.js';

const NOW = new Date('2026-03-01T10:00:00Z');
const BEFORE = new Date('2026-02-28T10:00:00Z');

const ACTIVE: TenantLifecycle = {
  status: 'active',
  epoch: 4,
  suspendedAt: null,
  suspendReason: null,
  suspendedByName: null,
  reactivatedAt: null,
  deletedAt: null,
  purgeAt: null,
};
const SUSPENDED: TenantLifecycle = {
  ...ACTIVE,
  status: 'suspended',
  suspendedAt: BEFORE,
  suspendReason: 'unpaid',
  suspendedByName: 'billing',
};
const DELETED: TenantLifecycle = {
  ...SUSPENDED,
  status: 'deleted',
  deletedAt: BEFORE,
  purgeAt: new Date('2026-03-07T10:00:00Z'),
};

const COMMANDS: TenantCommand[] = [
  { type: 'suspend', reason: 'unpaid', byName: 'billing' },
  { type: 'reactivate' },
  { type: 'delete', purgeDays: 7 },
  { type: 'restore' },
];

const ALLOWED: Record<TenantLifecycle['status'], TenantCommand['type'][]> = {
  active: ['suspend', 'delete'],
  suspended: ['reactivate', 'delete'],
  deleted: ['restore'],
};

describe('tenantTransition', () => {
  it.each([ACTIVE, SUSPENDED, DELETED])('allows the commands of a tenant that is $status', (tenant) => {
    const allowed = COMMANDS.filter((command) => tenantTransition(tenant, command, NOW) !== null);
    expect(allowed.map(({ type }) => type)).toEqual(ALLOWED[tenant.status]);
    for (const command of allowed) expect(tenantTransition(tenant, command, NOW)?.epoch).toBe(5);
  });

  it('records who suspended the tenant and why', () => {
    const suspended = tenantTransition(ACTIVE, { type: 'suspend', reason: 'unpaid', byName: 'ops' }, NOW);
    expect(suspended).toMatchObject({
      status: 'suspended',
      suspendedAt: NOW,
      suspendReason: 'unpaid',
      suspendedByName: 'ops',
    });
  });

  it('plans the purge of a deleted tenant', () => {
    const deleted = tenantTransition(SUSPENDED, { type: 'delete', purgeDays: 7 }, NOW);
    expect(deleted).toMatchObject({
      status: 'deleted',
      suspendReason: 'unpaid',
      deletedAt: NOW,
      purgeAt: new Date('2026-03-08T10:00:00Z'),
    });
  });

  it.each<TenantCommand>([{ type: 'reactivate' }, { type: 'restore' }])(
    'leaves an active tenant: %j',
    (command) => {
      const tenant = command.type === 'restore' ? DELETED : SUSPENDED;
      expect(tenantTransition(tenant, command, NOW)).toEqual({ ...ACTIVE, epoch: 5, reactivatedAt: NOW });
    },
  );

  it('restores no tenant whose purge has begun', () => {
    const { purgeAt } = DELETED;
    expect(tenantTransition(DELETED, { type: 'restore' }, purgeAt ?? NOW)).toBeNull();
  });
});

describe('stopReason', () => {
  const WEBHOOK = {
    status: 'active',
    epoch: 3,
    sentFromEpoch: 0,
    resumedEpoch: 0,
    tenantStatus: 'active',
  } as const;

  it.each(TENANT_STATUSES.filter((status) => status !== 'active'))(
    'stops a delivery of a tenant that is %s, whatever the epoch of the webhook',
    (tenantStatus) => {
      const reason = tenantStatus === 'deleted' ? 'deleted' : 'tenant_suspended';
      expect(stopReason({ ...WEBHOOK, tenantStatus }, 3)).toBe(reason);
    },
  );

  it('keeps the reason of a delivery that was pending when its tenant was suspended', () => {
    const resumed = { ...WEBHOOK, epoch: 4, resumedEpoch: 4 };
    expect([2, 3, 4].map((epoch) => stopReason(resumed, epoch))).toEqual([
      'suspended',
      'tenant_suspended',
      null,
    ]);
  });

  it('prefers what happened to the webhook itself', () => {
    const tenantStatus = 'suspended';
    expect(stopReason({ ...WEBHOOK, tenantStatus, status: 'suspended', epoch: 4 }, 3)).toBe('suspended');
    expect(stopReason({ ...WEBHOOK, tenantStatus, status: 'deleted', epoch: 4 }, 3)).toBe('deleted');
    expect(stopReason({ ...WEBHOOK, tenantStatus, sentFromEpoch: null }, 3)).toBe('shadow');
  });
});
