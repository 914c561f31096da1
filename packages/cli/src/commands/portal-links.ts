import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printList } from '../command/api-command.js';
import { confirm } from '../command/confirm.js';
import { addGroup, examples } from '../command/help.js';
import { listLimit, ROW_FORMAT, TENANT_FILTER, unchecked, wholeNumber } from '../command/options.js';
import { details } from '../output/text.js';

type PortalLink = components['schemas']['ListedPortalLink'];

const COLUMNS = {
  ID: ({ id }: PortalLink) => id,
  TENANT: ({ tenantId }: PortalLink) => tenantId,
  ROLE: ({ role }: PortalLink) => role,
  'CREATED BY': ({ createdBy }: PortalLink) => createdBy ?? 'operator',
  CREATED: ({ createdAt }: PortalLink) => createdAt,
  EXPIRES: ({ revokedAt, expiresAt }: PortalLink) => (revokedAt ? `revoked ${revokedAt}` : expiresAt),
};

interface CreateFlags {
  tenant: string;
  expiresInMinutes?: number;
  role?: string;
  payloads: boolean;
}

export function addPortalLinks(program: Command): void {
  const links = addGroup(
    program,
    'portal-links',
    'Create, list and revoke links to the portal for your customers',
  );

  links
    .command('list')
    .description('List portal links, with expired and revoked ones for 7 days')
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of links', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(({ tenant, limit }: { tenant?: string; limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.portalLinks.list({ tenantId: tenant, ...page }),
        columns: COLUMNS,
        empty: 'No portal links',
      }),
    );

  links
    .command('create')
    .description('Create a link for a customer to manage the webhooks of a tenant')
    .requiredOption('--tenant <tenant>', 'The tenant of the customer')
    .option('--expires-in-minutes <minutes>', 'How long the link is valid (default: 60)', wholeNumber)
    .option('--role <role>', 'viewer, operator or admin (default: admin): what the link may change')
    .option('--no-payloads', 'The link does not show values that event types redact')
    .addHelpText('after', examples('posthorn portal-links create --tenant acme --role viewer'))
    .action(async ({ tenant, payloads, role, ...flags }: CreateFlags, command: Command) => {
      const { api, output } = apiContext(command);
      const link = await api.portalLinks.create({
        tenantId: tenant,
        ...flags,
        ...(role !== undefined && { role: unchecked<PortalLink['role']>(role) }),
        ...(!payloads && { features: { payloads } }),
      });
      output.result(link, () => details(link));
      output.note('Anyone with this link has the access it grants.');
    });

  links
    .command('revoke')
    .description('Revoke a portal link immediately')
    .argument('<link>', 'Link id, key_…')
    .option('--yes', 'Skip the confirmation')
    .action(async (id: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      if (!(await confirm(`Revoke portal link ${id}?`, flags))) return output.note('Cancelled.');
      await api.portalLinks.revoke(id);
      output.result({ id, revoked: true }, () => `Revoked ${id}`);
    });
}
