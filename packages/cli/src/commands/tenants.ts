import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printList, printResult } from '../command/api-command.js';
import type { ExportFlags } from '../export/export-tenant.js';
import { addGroup, examples } from '../command/help.js';
import {
  DEFAULT,
  listLimit,
  orDefault,
  orNull,
  ROW_FORMAT,
  TAG_FILTER,
  unchecked,
  wholeNumber,
} from '../command/options.js';
import { addColumnFlags, columnsOf } from '../command/setting-flags.js';
import { TENANT_SETTINGS } from '../generated/settings.js';
import { details } from '../output/text.js';
import type { EndShadowsFlags } from '../import/end-shadows.js';
import { tenantReference } from '../command/resolve-tenant.js';
import { addTenantEgress } from './egress.js';
import { addTenantLifecycle } from './tenant-lifecycle.js';

type Tenant = components['schemas']['Tenant'];
type TenantDetails = components['schemas']['TenantDetails'];
type QuotaChanges = components['schemas']['TenantQuotaChanges'];

/** A quota as given on the command line. Undefined does not change it. */
type QuotaFlag = number | typeof DEFAULT | undefined;

/** The value of an option that removes what it sets. */
const NONE = 'none';

const COLUMNS = {
  ID: ({ id }: Tenant) => id,
  NAME: ({ name }: Tenant) => name,
  STATUS: ({ status }: Tenant) => status,
  TAGS: ({ tags }: Tenant) => tags,
  CONTACT: ({ contactEmail }: Tenant) => contactEmail,
  CREATED: ({ createdAt }: Tenant) => createdAt,
};

interface SettingFlags extends Partial<Record<keyof typeof TENANT_SETTINGS, unknown>> {
  payloadDays?: QuotaFlag;
  historyDays?: QuotaFlag;
}

interface UpdateFlags extends SettingFlags {
  name?: string;
  webhooks?: QuotaFlag;
  apiKeys?: QuotaFlag;
  portalLinks?: QuotaFlag;
  eventsPerSecond?: QuotaFlag;
  eventBytes?: QuotaFlag;
}

const quota = orDefault<number>(wholeNumber);

export function addTenants(program: Command): void {
  const tenants = addGroup(program, 'tenants', 'Show, change, suspend and delete tenants');

  tenants
    .command('list')
    .description('List tenants')
    .option('--search <text>', 'Filter by a part of the name or external id')
    .option(...TAG_FILTER)
    .option('--status <status>', 'Filter by status: active, suspended or deleted')
    .option('--limit <count>', 'Maximum number of tenants', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(({ tag, limit, ...filter }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.tenants.list({ ...filter, tag: tag?.join(','), ...page }),
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

  addSettings(
    tenants
      .command('create')
      .description('Create a tenant and its first API key')
      .argument('<name>', 'Name of the tenant'),
  ).action(async (name: string, flags: SettingFlags, command: Command) => {
    const { api, output } = apiContext(command);
    const tenant = await api.tenants.create({ name, ...(await toSettings(flags)) });
    const { id, key, keyId } = tenant;
    output.result(tenant, () => details({ id, name: tenant.name, keyId, key }));
    output.note("Save the key: it won't be shown again.");
  });

  addUpdate(tenants);
  addTenantLifecycle(tenants, tenantText);
  addTenantEgress(tenants);

  addExport(tenants);

  tenants
    .command('end-shadows')
    .description('End all shadows of a tenant: from now on its events are sent')
    .argument('<tenant>', 'Tenant id, ten_… or ext:…, its name, or default')
    .option('--accept-refused', 'Do not ask before webhooks get nothing any more that the import has refused')
    .action(async (id: string, flags: EndShadowsFlags, command: Command) => {
      const { endShadows } = await import('../import/end-shadows.js');
      await endShadows(id, flags, apiContext(command));
    });
}

interface ListFlags {
  search?: string;
  tag?: string[];
  status?: Tenant['status'];
  limit: number;
}

/** Adds the options shared by create and update. */
function addSettings(command: Command): Command {
  addColumnFlags(command, TENANT_SETTINGS, NONE);
  return command
    .option(
      '--payload-days <days>',
      'Days for which payloads are kept; 0 until all deliveries are settled',
      quota,
    )
    .option('--history-days <days>', 'Days for which deliveries and attempts are kept', quota);
}

function addExport(tenants: Command): void {
  tenants
    .command('export')
    .description('Write everything of a tenant to a file, without secrets (requires the admin scope)')
    .argument('<tenant>', 'Tenant id, ten_… or ext:…, its name, or default')
    .requiredOption('--output <file>', 'File to write, a line of JSON for each record')
    .option('--resume', 'Continue the file after its last complete line')
    .addHelpText('after', examples('posthorn tenants export acme --output acme.ndjson --resume'))
    .action(async (tenant: string, flags: ExportFlags, command: Command) => {
      const { exportTenant } = await import('../export/export-tenant.js');
      await exportTenant(apiContext(command), tenant, flags);
    });
}

function addUpdate(tenants: Command): void {
  const update = tenants
    .command('update')
    .description('Change the settings or the quotas of a tenant (requires an admin key for all tenants)')
    .argument('<tenant>', 'Tenant id, ten_… or ext:…, its name, or default')
    .option('--name <name>', 'New name');
  addSettings(update)
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
        `posthorn tenants update ten_… --tags enterprise,eu --time-zone ${NONE}`,
      ) + `\nPass "${NONE}" to remove a setting.`,
    )
    .action((id: string, flags: UpdateFlags, command: Command) =>
      printResult(
        command,
        async (api) => api.tenants.update(await tenantReference(api, id), await toUpdate(flags)),
        tenantText,
      ),
    );
}

async function toUpdate({ name, ...flags }: UpdateFlags) {
  const { webhooks, apiKeys, portalLinks, eventsPerSecond, eventBytes } = flags;
  const quotas = { webhooks, apiKeys, portalLinks, eventsPerSecond, eventBytes };
  return { name, ...(await toSettings(flags)), quotas: toQuotaChanges(quotas) };
}

/** @throws UsageError if the metadata cannot be read */
const toSettings = async (flags: SettingFlags) => ({
  ...(await columnsOf<Pick<Tenant, keyof typeof TENANT_SETTINGS>>(TENANT_SETTINGS, { ...flags }, NONE)),
  ...toRetention(flags),
});

function toRetention({ payloadDays, historyDays }: Pick<SettingFlags, 'payloadDays' | 'historyDays'>) {
  const retention = {
    ...(payloadDays !== undefined && { payloadDays: orReset(payloadDays) }),
    ...(historyDays !== undefined && { historyDays: orReset(historyDays) }),
  };
  return Object.keys(retention).length > 0 ? { retention } : {};
}

const orReset = (value: NonNullable<QuotaFlag>): number | null => (value === DEFAULT ? null : value);

const toQuotaChanges = (quotas: Record<keyof QuotaChanges, QuotaFlag>): QuotaChanges =>
  Object.fromEntries(Object.entries(quotas).map(([name, value]) => [name, orNull(value)]));

const COLUMN_SETTINGS = unchecked<(keyof typeof TENANT_SETTINGS)[]>(Object.keys(TENANT_SETTINGS));

function tenantText(tenant: TenantDetails): string {
  const { id, name, status, suspendReason, purgeAt, metadata, createdAt } = tenant;
  const { effectiveQuotas: limits, usage, retention } = tenant;
  return details({
    id,
    name,
    status,
    ...(suspendReason !== null && { suspendReason }),
    ...(purgeAt !== null && { purgeAt }),
    ...Object.fromEntries(COLUMN_SETTINGS.map((setting) => [setting, tenant[setting]])),
    metadata: metadata && JSON.stringify(metadata),
    createdAt,
    webhooks: `${usage.webhooks} of ${limits.webhooks}`,
    apiKeys: `${usage.apiKeys} of ${limits.apiKeys}`,
    portalLinks: `${usage.portalLinks} of ${limits.portalLinks}`,
    eventsPerSecond: limits.eventsPerSecond ?? 'unlimited',
    eventBytes: limits.eventBytes,
    payloadDays: retention.payloadDays ?? 'default',
    historyDays: retention.historyDays ?? 'default',
  });
}
