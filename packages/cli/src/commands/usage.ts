import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printList } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { listLimit, ROW_FORMAT, TENANT_FILTER } from '../command/options.js';

type UsageRow = components['schemas']['UsageRow'];

const GROUPS = {
  DAY: ({ day }: UsageRow) => day,
  TENANT: ({ tenantName, tenantId }: UsageRow) => tenantName ?? tenantId,
};

const COUNTS = {
  EVENTS: ({ events }: UsageRow) => events,
  DELIVERIES: ({ deliveries }: UsageRow) => deliveries,
  ATTEMPTS: ({ attempts }: UsageRow) => attempts,
  BYTES: ({ bytes }: UsageRow) => bytes,
};

interface Flags {
  from?: string;
  to?: string;
  groupBy: string;
  tenant?: string;
  limit: number;
}

export function addUsage(program: Command): void {
  program
    .command('usage')
    .description(
      'Show events, deliveries, attempts and bytes by tenant and day (requires the admin:read scope)',
    )
    .option('--from <day>', 'First day in UTC, such as 2026-01-31 (default: 29 days before the last)')
    .option('--to <day>', 'Last day in UTC (default: today)')
    .option('--group-by <groups>', 'tenant, day, or both: tenant,day', 'tenant,day')
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of rows', listLimit, 1_000_000)
    .addOption(ROW_FORMAT)
    .addHelpText(
      'after',
      examples(
        'posthorn usage --group-by day',
        'posthorn usage --from 2026-01-01 --to 2026-01-31 --group-by tenant --format csv',
      ),
    )
    .action(({ from, to, groupBy, tenant, limit }: Flags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.usage.list({ from, to, groupBy, tenantId: tenant, ...page }),
        columns: {
          ...(groupBy.includes('day') && { DAY: GROUPS.DAY }),
          ...(groupBy.includes('tenant') && { TENANT: GROUPS.TENANT }),
          ...COUNTS,
        },
        empty: 'No usage',
      }),
    );
}
