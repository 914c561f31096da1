import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printList, printResult } from '../api-command.js';
import { addGroup, examples } from '../help.js';
import { DEFAULT, listLimit, ROW_FORMAT, orDefault, wholeNumber } from '../options.js';
import { details } from '../output/text.js';
import { tenantReference } from '../resolve-tenant.js';

type Tenant = components['schemas']['Tenant'];
type TenantDetails = components['schemas']['TenantDetails'];
type QuotaChanges = components['schemas']['TenantQuotaChanges'];

/** A quota as given on the command line. Undefined does not change it. */
type QuotaFlag = number | typeof DEFAULT | undefined;

/** The value of `--contact-email` that removes it. */
const NONE = 'none';

const COLUMNS = {
  ID: ({ id }: Tenant) => id,
  NAME: ({ name }: Tenant) => name,
  CONTACT: ({ contactEmail }: Tenant) => contactEmail,
  CREATED: ({ createdAt }: Tenant) => createdAt,
};

interface UpdateFlags {
  name?: string;
  externalId?: string;
  contactEmail?: string;
  webhooks?: QuotaFlag;
  apiKeys?: QuotaFlag;
  portalLinks?: QuotaFlag;
  eventsPerSecond?: QuotaFlag;
  eventBytes?: QuotaFlag;
}

const quota = orDefault<number>(wholeNumber);

export function addTenants(program: Command): void {
  const tenants = addGroup(program, 'tenants', 'Show tenants, and change their quotas');

  tenants
    .command('list')
    .description('List tenants')
    .option('--search <text>', 'Filter by a part of the name or external id')
    .option('--limit <count>', 'Maximum number of tenants', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(({ search, limit }: { search?: string; limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.tenants.list({ search, ...page }),
        columns: COLUMNS,
        empty: 'No tenants',
      }),
    );

  tenants
    .command('get')
    .description('Show a tenant, its quotas and its usage')
    .argument('<tenant>', 'Tenant id, ten_… or ext:…, its name, or default')
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, async (api) => api.tenants.get(await tenantReference(api, id)), tenantText),
    );

  tenants
    .command('create')
    .description('Create a tenant and its first API key')
    .argument('<name>', 'Name of the tenant')
    .option('--external-id <id>', 'Your own id of the tenant, to be used as ext:<id>')
    .option('--contact-email <email>', 'Whom to contact about the tenant')
    .action(async (name: string, flags: { externalId?: string; contactEmail?: string }, command: Command) => {
      const { api, output } = apiContext(command);
      const tenant = await api.tenants.create({ name, ...flags });
      const { id, key, keyId } = tenant;
      output.result(tenant, () => details({ id, name: tenant.name, keyId, key }));
      output.note("Save the key: it won't be shown again.");
    });

  addUpdate(tenants);

  tenants
    .command('end-shadows')
    .description('End all shadows of a tenant: from now on its events are sent')
    .argument('<tenant>', 'Tenant id, ten_… or ext:…, its name, or default')
    .action((id: string, _flags: object, command: Command) =>
      printResult(
        command,
        async (api) => api.tenants.endShadows(await tenantReference(api, id)),
        ({ ended }) => (ended === 1 ? 'Ended 1 shadow' : `Ended ${ended} shadows`),
      ),
    );
}

function addUpdate(tenants: Command): void {
  tenants
    .command('update')
    .description(
      'Change the name, the contact or the quotas of a tenant (requires an admin key for all tenants)',
    )
    .argument('<tenant>', 'Tenant id, ten_… or ext:…, its name, or default')
    .option('--name <name>', 'New name')
    .option('--external-id <id>', `Your own id of the tenant; ${NONE} removes it`)
    .option('--contact-email <email>', `Whom to contact about the tenant; ${NONE} removes it`)
    .option('--webhooks <count>', 'Webhooks; default resets the quota', quota)
    .option('--api-keys <count>', 'Active API keys', quota)
    .option('--portal-links <count>', 'Valid portal links', quota)
    .option('--events-per-second <count>', 'Events published per second', quota)
    .option('--event-bytes <bytes>', 'Size of an event', quota)
    .addHelpText(
      'after',
      examples(
        'posthorn tenants update ten_… --webhooks 50',
        'posthorn tenants update ten_… --webhooks default',
      ),
    )
    .action((id: string, flags: UpdateFlags, command: Command) =>
      printResult(
        command,
        async (api) => api.tenants.update(await tenantReference(api, id), toUpdate(flags)),
        tenantText,
      ),
    );
}

function toUpdate({ name, externalId, contactEmail, ...quotas }: UpdateFlags) {
  return {
    ...(name !== undefined && { name }),
    ...(externalId !== undefined && { externalId: externalId === NONE ? null : externalId }),
    ...(contactEmail !== undefined && { contactEmail: contactEmail === NONE ? null : contactEmail }),
    quotas: toQuotaChanges(quotas),
  };
}

function toQuotaChanges(quotas: Omit<UpdateFlags, 'name' | 'externalId' | 'contactEmail'>): QuotaChanges {
  return Object.fromEntries(
    Object.entries(quotas).map(([name, value]) => [name, value === DEFAULT ? null : value]),
  );
}

function tenantText(tenant: TenantDetails): string {
  const { id, name, externalId, contactEmail, createdAt, effectiveQuotas: limits, usage } = tenant;
  return details({
    id,
    name,
    externalId,
    contactEmail,
    createdAt,
    webhooks: `${usage.webhooks} of ${limits.webhooks}`,
    apiKeys: `${usage.apiKeys} of ${limits.apiKeys}`,
    portalLinks: `${usage.portalLinks} of ${limits.portalLinks}`,
    eventsPerSecond: limits.eventsPerSecond ?? 'unlimited',
    eventBytes: limits.eventBytes,
  });
}
