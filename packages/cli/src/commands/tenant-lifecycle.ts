import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printResult } from '../command/api-command.js';
import { confirm } from '../command/confirm.js';
import { tenantReference } from '../command/resolve-tenant.js';

type TenantDetails = components['schemas']['TenantDetails'];

const TENANT_ID = ['<tenant>', 'Tenant id, ten_… or ext:…, its name, or default'] as const;

/** Adds the commands that change the status of a tenant. */
export function addTenantLifecycle(tenants: Command, text: (tenant: TenantDetails) => string): void {
  tenants
    .command('suspend')
    .description(
      'Stop everything for a tenant and drop its pending deliveries (requires an admin key for all tenants)',
    )
    .argument(...TENANT_ID)
    .option('--reason <text>', 'Reason, shown with the tenant and in the audit log')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(
        command,
        async (api) => api.tenants.suspend(await tenantReference(api, id), { ...(reason && { reason }) }),
        (tenant) => text(tenant),
      ),
    );

  tenants
    .command('reactivate')
    .description('Resume a suspended tenant; nothing from before is sent')
    .argument(...TENANT_ID)
    .option('--reason <text>', 'Reason, shown in the audit log')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(
        command,
        async (api) => api.tenants.reactivate(await tenantReference(api, id), { ...(reason && { reason }) }),
        text,
      ),
    );

  tenants
    .command('delete')
    .description('Delete a tenant; it can be restored until its data is purged')
    .argument(...TENANT_ID)
    .option('--yes', 'Skip the confirmation')
    .action(async (id: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      const tenant = await api.tenants.get(await tenantReference(api, id));
      if (!(await confirm(`Delete the tenant ${tenant.name}?`, flags))) return output.note('Cancelled.');
      await api.tenants.delete(tenant.id);
      const { purgeAt } = await api.tenants.get(tenant.id);
      output.result({ id: tenant.id, deleted: true, purgeAt }, () => `Deleted ${tenant.id}`);
      output.note(`To restore it before ${purgeAt}: posthorn tenants restore ${tenant.id}`);
    });

  tenants
    .command('restore')
    .description('Restore a deleted tenant; its keys are valid again, and nothing from before is sent')
    .argument('<tenant>', 'Tenant id, ten_…')
    .option('--reason <text>', 'Reason, shown in the audit log')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(command, (api) => api.tenants.restore(id, { ...(reason && { reason }) }), text),
    );
}
