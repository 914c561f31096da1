import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { confirm } from '../command/confirm.js';
import { apiContext, type ApiContext, printList } from '../command/api-command.js';
import { addGroup, examples } from '../command/help.js';
import {
  list,
  listLimit,
  ROW_FORMAT,
  TENANT_FILTER,
  timeAhead,
  unchecked,
  wholeNumber,
} from '../command/options.js';
import { details } from '../output/text.js';

type ApiKey = components['schemas']['ApiKey'];
type CreatedApiKey = components['schemas']['CreatedApiKey'];

const COLUMNS = {
  ID: ({ id }: ApiKey) => id,
  NAME: ({ name }: ApiKey) => name,
  KEY: ({ prefix }: ApiKey) => `${prefix}…`,
  TENANT: ({ tenantId, tenantIds }: ApiKey) => tenantId ?? tenantIds ?? 'all',
  WEBHOOK: ({ webhookId }: ApiKey) => webhookId ?? 'all',
  ROLE: ({ role }: ApiKey) => role ?? '',
  SCOPES: ({ scopes }: ApiKey) => scopes,
  'LAST USED': ({ lastUsedAt }: ApiKey) => lastUsedAt ?? 'never',
  EXPIRES: ({ revokedAt, expiresAt }: ApiKey) => (revokedAt ? `revoked ${revokedAt}` : expiresAt),
};

interface CreateFlags {
  role?: string;
  scopes?: string[];
  tenant?: string;
  tenants?: string[];
  webhook?: string;
  expires?: string;
}

interface RotateFlags {
  overlapHours?: number;
  expires?: string;
}

export function addKeys(program: Command): void {
  const keys = addGroup(program, 'keys', 'Create, rotate and revoke API keys (requires the admin scope)');

  keys
    .command('list')
    .description('List API keys, including revoked ones')
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of keys', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(({ tenant, limit }: { tenant?: string; limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.apiKeys.list({ tenantId: tenant, ...page }),
        columns: COLUMNS,
        empty: 'No API keys',
      }),
    );

  keys
    .command('create')
    .description('Create an API key')
    .argument('<name>', 'Name of the key')
    .option('--role <role>', 'viewer, operator or admin, instead of scopes')
    .option('--scopes <scopes>', 'Comma-separated scopes (default: all except admin and admin:read)', list)
    .option('--tenant <tenant>', 'Restrict the key to a tenant (default: all tenants)')
    .option('--tenants <tenants>', 'Restrict a key of the operator to tenants, ten_… or ext:…', list)
    .option('--webhook <webhook>', 'Restrict the key to the feed of a webhook, wh_…')
    .option(
      '--expires <time>',
      'Expiry: RFC 3339, or 30d for 30 days from now (default: that of your key)',
      timeAhead,
    )
    .addHelpText(
      'after',
      examples(
        'posthorn keys create support --role operator --tenants ten_…,ext:acme',
        'posthorn keys create billing --scopes events:write --expires 90d',
        'posthorn keys create ledger --webhook wh_…',
      ),
    )
    .action(async (name: string, flags: CreateFlags, command: Command) => {
      const { api, output } = apiContext(command);
      printNewKey(output, await api.apiKeys.create(toBody(name, flags)));
    });

  keys
    .command('rotate')
    .description('Replace an API key; the old key stays valid for a while')
    .argument('<key>', 'Key id, key_…')
    .option('--overlap-hours <hours>', 'Hours until the old key expires (default: 24)', wholeNumber)
    .option(
      '--expires <time>',
      'Expiry of the new key: RFC 3339, or 30d for 30 days from now (default: that of the old key)',
      timeAhead,
    )
    .action(async (id: string, { overlapHours, expires }: RotateFlags, command: Command) => {
      const { api, output } = apiContext(command);
      const replacement = { ...(overlapHours !== undefined && { overlapHours }), expiresAt: expires };
      printNewKey(output, await api.apiKeys.rotate(id, replacement));
    });

  keys
    .command('revoke')
    .description('Revoke an API key immediately')
    .argument('<key>', 'Key id, key_…')
    .option('--yes', 'Skip the confirmation')
    .action(async (id: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      if (!(await confirm(`Revoke key ${id}?`, flags))) return output.note('Cancelled.');
      await api.apiKeys.revoke(id);
      output.result({ id, revoked: true }, () => `Revoked ${id}`);
    });
}

function toBody(name: string, { role, scopes, tenant, tenants, webhook, expires }: CreateFlags) {
  return {
    name,
    tenantId: tenant,
    tenantIds: tenants,
    webhookId: webhook,
    role: unchecked<NonNullable<ApiKey['role']>>(role),
    scopes: unchecked<ApiKey['scopes']>(scopes ?? (webhook === undefined ? undefined : ['feed:read'])),
    expiresAt: expires,
  };
}

function printNewKey(output: ApiContext['output'], key: CreatedApiKey): void {
  output.result(key, () => details(key));
  output.note("Save the key: it won't be shown again.");
}
