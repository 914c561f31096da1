import type { Posthorn } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext } from './api-command.js';
import { UsageError } from './usage-error.js';

/** What the API accepts: an id, an own id, the default tenant, the webhooks of the operator, or all tenants. */
const REFERENCE = /^(?:ten_|ext:|default$|system$|\*$)/;

const PAGE_SIZE = 200;

/** Replaces a name in `--tenant` by the id of the tenant. @throws UsageError if no tenant has the name */
export async function resolveTenantOption(command: Command): Promise<void> {
  const { tenant } = command.opts<{ tenant?: string | string[] }>();
  // A list names tenants of another product.
  if (tenant === undefined || Array.isArray(tenant) || REFERENCE.test(tenant)) return;
  command.setOptionValue('tenant', await tenantReference(apiContext(command).api, tenant));
}

/**
 * Replaces the external id of a webhook, whose tenant `--tenant` names, by its id.
 * @throws PosthornError if the webhook is not found
 */
export async function resolveWebhookArgument(command: Command): Promise<void> {
  const [webhook] = command.args;
  const { tenant } = command.opts<{ tenant?: string }>();
  const isWebhook = command.registeredArguments[0]?.name() === 'webhook';
  if (!isWebhook || tenant === undefined || !webhook?.startsWith('ext:')) return;
  const { id } = await apiContext(command).api.webhooks.get(webhook, { tenantId: tenant });
  command.processedArgs[0] = id;
}

/** Returns a reference of a tenant as it is, and for a name the id. @throws UsageError if no tenant has the name */
export async function tenantReference(api: Posthorn, tenant: string): Promise<string> {
  if (REFERENCE.test(tenant)) return tenant;
  for await (const { id, name } of api.tenants.list({ search: tenant, limit: PAGE_SIZE }))
    if (name === tenant) return id;
  throw new UsageError(`No tenant has the name "${tenant}". To list tenants: posthorn tenants list`);
}
