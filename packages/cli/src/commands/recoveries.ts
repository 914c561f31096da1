import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printList, printResult } from '../command/api-command.js';
import { confirm } from '../command/confirm.js';
import { addGroup, examples } from '../command/help.js';
import { listLimit, ROW_FORMAT, TENANT_FILTER, timeAgo, withTenant } from '../command/options.js';
import { details } from '../output/text.js';

type ListedRecovery = components['schemas']['ListedRecovery'];
type AcceptedRecovery = components['schemas']['AcceptedRecovery'];

const ID = ['<recovery>', 'Recovery id, rcv_…'] as const;

const COLUMNS = {
  ID: ({ id }: ListedRecovery) => id,
  STATUS: ({ status }: ListedRecovery) => status,
  WEBHOOK: ({ webhookId }: ListedRecovery) => webhookId ?? 'all',
  QUEUED: ({ queued, total }: ListedRecovery) => `${queued} of ${total}`,
  FAILED: ({ failed }: ListedRecovery) => failed,
  STARTED: ({ automatic }: ListedRecovery) => (automatic ? 'automatically' : 'by request'),
  CREATED: ({ createdAt }: ListedRecovery) => createdAt,
};

interface RecoverFlags {
  since: string;
  until?: string;
  webhook?: string;
  tenant?: string;
  includeDropped?: true;
  dryRun?: true;
  yes?: boolean;
  detach?: true;
}

export function addRecoveries(program: Command): void {
  program
    .command('recover')
    .description('Retry everything that did not succeed during an outage')
    .requiredOption(
      '--since <time>',
      'Start of the outage: RFC 3339, 06:54, or 15m for 15 minutes ago',
      timeAgo,
    )
    .option('--until <time>', 'End of the outage (default: now)', timeAgo)
    .option('--webhook <webhook>', 'Only this webhook, wh_…')
    .option('--tenant <tenant>', "Webhooks of this tenant; '*' for all tenants")
    .option('--include-dropped', 'Also deliveries that a suspension dropped')
    .option('--dry-run', 'Only count the deliveries')
    .option('-y, --yes', 'Do not ask for confirmation')
    .option('--detach', 'Start the recovery without waiting for it')
    .addHelpText(
      'after',
      `${examples(
        'posthorn recover --since 06:54 --dry-run',
        'posthorn recover --since 15m --webhook wh_…',
        "posthorn recover --since 2026-01-31T08:00:00Z --until 2026-01-31T09:00:00Z --tenant '*' --yes",
      )}\n\nThe exit code is 1 if a delivery fails again. Ctrl-C stops waiting and asks whether to cancel the recovery. Manage it later: posthorn recoveries get|cancel.`,
    )
    .action(recover);

  addManagement(addGroup(program, 'recoveries', 'Track and cancel recoveries'));
}

async function recover(
  { yes = false, dryRun, detach, ...flags }: RecoverFlags,
  command: Command,
): Promise<void> {
  const { api, output } = apiContext(command);
  const body = {
    since: flags.since,
    until: flags.until,
    webhookId: flags.webhook,
    tenantId: flags.tenant,
    includeDropped: flags.includeDropped,
  };
  const preview = await api.recoveries.create({ ...body, dryRun: true });
  if (dryRun || preview.total === 0) return output.result(preview, () => previewText(preview));
  output.note(previewText(preview));
  const deliveries = preview.total === 1 ? '1 delivery' : `${preview.total} deliveries`;
  if (!(await confirm(`Recover ${deliveries}?`, { yes }))) return;

  const { id } = await api.recoveries.create(body);
  if (id === null) return;
  const started = await api.recoveries.get(id);
  if (detach) return output.result(started, () => details(started));
  const { followRun } = await import('../replays/follow-run.js');
  await followRun(output, {
    name: 'recovery',
    group: 'recoveries',
    started,
    get: (options) => api.recoveries.get(id, options),
    cancel: () => api.recoveries.cancel(id),
  });
}

function previewText({ total, webhooks, inactiveWebhooks }: AcceptedRecovery): string {
  const size = total === 0 ? 'Nothing to recover' : `Deliveries: ${total}, webhooks: ${webhooks}`;
  return inactiveWebhooks > 0 ? `${size}. Suspended webhooks skipped: ${inactiveWebhooks}` : size;
}

interface ListFlags {
  webhook?: string;
  status?: ListedRecovery['status'];
  tenant?: string;
  limit: number;
}

function addManagement(recoveries: Command): void {
  recoveries
    .command('list')
    .description('List recoveries, newest first')
    .option('--webhook <webhook>', 'Filter by webhook, wh_…')
    .option('--status <status>', 'Filter by status: running, completed or cancelled')
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of recoveries', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(({ webhook, status, tenant, limit }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.recoveries.list({ webhookId: webhook, status, tenantId: tenant, ...page }),
        columns: withTenant(tenant, COLUMNS),
        empty: 'No recoveries',
      }),
    );

  recoveries
    .command('get')
    .description('Show a recovery and its progress')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.recoveries.get(id)),
    );

  recoveries
    .command('cancel')
    .description('Cancel a recovery; deliveries that were pending before stay pending')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.recoveries.cancel(id)),
    );
}
