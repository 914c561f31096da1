import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { confirm } from '../confirm.js';
import { apiContext, type ApiContext, printList } from '../api-command.js';
import { examples } from '../examples.js';
import { unchecked, list, listLimit, timeAhead, wholeNumber } from '../options.js';
import { details } from '../output/text.js';

type ApiKey = components['schemas']['ApiKey'];
type CreatedApiKey = components['schemas']['CreatedApiKey'];

const COLUMNS = {
  ID: ({ id }: ApiKey) => id,
  NAME: ({ name }: ApiKey) => name,
  KEY: ({ prefix }: ApiKey) => `${prefix}…`,
  TENANT: ({ tenantId }: ApiKey) => tenantId ?? 'all',
  SCOPES: ({ scopes }: ApiKey) => scopes,
  ENDS: ({ revokedAt, expiresAt }: ApiKey) => (revokedAt ? `revoked ${revokedAt}` : expiresAt),
};

interface CreateFlags {
  scopes?: string[];
  tenant?: string;
  expires?: string;
}

export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('make and revoke API keys (needs a key with the scope admin)');

  keys
    .command('list')
    .description('list API keys, revoked ones too')
    .option('--tenant <tenant>', 'of this tenant')
    .option('--limit <count>', 'how many at most', listLimit, 50)
    .action(({ tenant, limit }: { tenant?: string; limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.apiKeys.list({ tenantId: tenant, ...page }),
        columns: COLUMNS,
        none: 'no API keys',
      }),
    );

  keys
    .command('create')
    .description('make an API key')
    .argument('<name>', 'what it is for')
    .option('--scopes <scopes>', 'what it may do, comma-separated; all but admin if absent', list)
    .option('--tenant <tenant>', 'bound to this tenant; for all if absent')
    .option('--expires <time>', 'when it ends by itself: RFC 3339, or 30d for in thirty days', timeAhead)
    .addHelpText('after', examples('posthorn keys create billing --scopes events:write --expires 90d'))
    .action(async (name: string, { scopes, tenant, expires }: CreateFlags, command: Command) => {
      const { api, output } = apiContext(command);
      const key = { name, tenantId: tenant, scopes: unchecked<ApiKey['scopes']>(scopes), expiresAt: expires };
      showNew(output, await api.apiKeys.create(key));
    });

  keys
    .command('rotate')
    .description('replace an API key; the old one works for a while')
    .argument('<key>', 'its id, key_…')
    .option('--overlap-hours <hours>', 'how long the old key still works (24)', wholeNumber)
    .action(async (id: string, { overlapHours }: { overlapHours?: number }, command: Command) => {
      const { api, output } = apiContext(command);
      showNew(output, await api.apiKeys.rotate(id, overlapHours === undefined ? {} : { overlapHours }));
    });

  keys
    .command('revoke')
    .description('end an API key at once')
    .argument('<key>', 'its id, key_…')
    .option('--yes', 'do not ask')
    .action(async (id: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      if (!(await confirm(`Revoke the key ${id}?`, flags))) return output.note('Nothing was revoked.');
      await api.apiKeys.revoke(id);
      output.result({ id, revoked: true }, () => `${id} is revoked.`);
    });
}

function showNew(output: ApiContext['output'], key: CreatedApiKey): void {
  output.result(key, () => details(key));
  output.note('Keep the key: it is not shown again.');
}
