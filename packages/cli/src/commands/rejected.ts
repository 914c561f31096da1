import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printList } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { listLimit, ROW_FORMAT, TENANT_FILTER, timeAgo, withTenant } from '../command/options.js';

type RejectedEvent = components['schemas']['RejectedEvent'];

const COLUMNS = {
  ID: ({ id }: RejectedEvent) => id,
  CREATED: ({ createdAt }: RejectedEvent) => createdAt,
  SOURCE: ({ source }: RejectedEvent) => source,
  CODE: ({ code }: RejectedEvent) => code,
  MESSAGE: ({ message }: RejectedEvent) => message,
};

interface Flags {
  from?: string;
  to?: string;
  tenant?: string;
  limit: number;
}

export function addRejected(program: Command): void {
  program
    .command('rejected')
    .description('List events that were pushed to Redis and rejected, newest first')
    .option('--from <time>', 'Rejected at or after: RFC 3339, or 2h for two hours ago', timeAgo)
    .option('--to <time>', 'Rejected before', timeAgo)
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of events', listLimit, 50)
    .addOption(ROW_FORMAT)
    .addHelpText(
      'after',
      examples("posthorn rejected --tenant '*' --from 1d", 'posthorn rejected --json | jq -r .[].payload'),
    )
    .action(({ from, to, tenant, limit }: Flags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.rejectedEvents.list({ from, to, tenantId: tenant, ...page }),
        columns: withTenant(tenant, COLUMNS),
        empty: 'No rejected events',
      }),
    );
}
