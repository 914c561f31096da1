import type { Command } from 'commander';
import { apiContext } from '../api-command.js';
import { addGroup, examples } from '../help.js';
import { wholeNumber } from '../options.js';
import { details } from '../output/text.js';

interface CreateFlags {
  tenant: string;
  expiresInMinutes?: number;
  readOnly?: true;
}

export function addPortalLinks(program: Command): void {
  addGroup(program, 'portal-links', 'Create links to the portal for your customers')
    .command('create')
    .description('Create a link for a customer to manage the webhooks of a tenant')
    .requiredOption('--tenant <tenant>', 'The tenant of the customer')
    .option('--expires-in-minutes <minutes>', 'How long the link is valid (default: 60)', wholeNumber)
    .option('--read-only', 'The link cannot change anything')
    .addHelpText('after', examples('posthorn portal-links create --tenant acme --read-only'))
    .action(async ({ tenant, ...flags }: CreateFlags, command: Command) => {
      const { api, output } = apiContext(command);
      const link = await api.portalLinks.create({ tenantId: tenant, ...flags });
      output.result(link, () => details(link));
      output.note('Anyone with this link has the access it grants.');
    });
}
