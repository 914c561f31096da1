import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printList, printResult } from '../command/api-command.js';
import type { ExportFlags } from '../export/export-tenant.js';
import { addGroup, examples } from '../command/help.js';
import {
  DEFAULT,
  list,
  listLimit,
  orDefault,
  readJson,
  ROW_FORMAT,
  TAG_FILTER,
  unchecked,
  wholeNumber,
} from '../command/options.js';
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

interface SettingFlags {
  externalId?: string;
  contactEmail?: string;
  timeZone?: string;
  tags?: string[];
  metadata?: string;
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
  return command
    .option('--external-id <id>', 'Your own id of the tenant, to be used as ext:<id>')
    .option('--contact-email <email>', 'Whom to contact about the tenant')
    .option('--time-zone <zone>', 'Time zone of emails to the tenant, such as Europe/Berlin')
    .option('--tags <tags>', 'Your own tags, separated by commas', list)
    .option('--metadata <json>', 'Your own metadata: JSON, @file, or - for stdin')
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
  const { externalId: _i, contactEmail: _c, timeZone: _z, tags: _t, ...others } = flags;
  const { metadata: _m, payloadDays: _p, historyDays: _h, ...quotas } = others;
  return {
    ...(name !== undefined && { name }),
    ...(await toSettings(flags)),
    quotas: toQuotaChanges(quotas),
  };
}

/** @throws UsageError if the metadata cannot be read */
async function toSettings({
  externalId,
  contactEmail,
  timeZone,
  tags,
  metadata,
  ...retention
}: SettingFlags) {
  return {
    ...(externalId !== undefined && { externalId: orNone(externalId) }),
    ...(contactEmail !== undefined && { contactEmail: orNone(contactEmail) }),
    ...(timeZone !== undefined && { timeZone: orNone(timeZone) }),
    ...(tags !== undefined && { tags: tags.join() === NONE ? null : tags }),
    ...toRetention(retention),
    ...(metadata !== undefined && {
      metadata:
        metadata === NONE ? null : unchecked<Record<string, unknown>>(await readJson('--metadata', metadata)),
    }),
  };
}

function toRetention({ payloadDays, historyDays }: Pick<SettingFlags, 'payloadDays' | 'historyDays'>) {
  const retention = {
    ...(payloadDays !== undefined && { payloadDays: orReset(payloadDays) }),
    ...(historyDays !== undefined && { historyDays: orReset(historyDays) }),
  };
  return Object.keys(retention).length > 0 ? { retention } : {};
}

const orReset = (value: NonNullable<QuotaFlag>): number | null => (value === DEFAULT ? null : value);

const orNone = (value: string): string | null => (value === NONE ? null : value);

function toQuotaChanges(quotas: Omit<UpdateFlags, 'name' | keyof SettingFlags>): QuotaChanges {
  return Object.fromEntries(
    Object.entries(quotas).map(([name, value]) => [name, value === DEFAULT ? null : value]),
  );
}

function tenantText(tenant: TenantDetails): string {
  const { id, name, status, suspendReason, purgeAt, externalId, contactEmail, createdAt } = tenant;
  const { timeZone, tags, metadata, effectiveQuotas: limits, usage, retention } = tenant;
  return details({
    id,
    name,
    status,
    ...(suspendReason !== null && { suspendReason }),
    ...(purgeAt !== null && { purgeAt }),
    externalId,
    contactEmail,
    timeZone,
    tags,
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
