import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printResult, printList } from '../command/api-command.js';
import { addGroup, examples } from '../command/help.js';
import {
  list,
  listLimit,
  ROW_FORMAT,
  TENANT_FILTER,
  timeAgo,
  unchecked,
  withTenant,
} from '../command/options.js';
import { details } from '../output/text.js';
import { UsageError } from '../command/usage-error.js';

type ListedReplay = components['schemas']['ListedReplay'];
type ReplayRange = components['schemas']['ReplayWebhook'];

const ID = ['<replay>', 'Replay id, rpl_…'] as const;

const COLUMNS = {
  ID: ({ id }: ListedReplay) => id,
  STATUS: ({ status }: ListedReplay) => status,
  TARGET: ({ webhookId, eventId }: ListedReplay) => webhookId ?? eventId,
  QUEUED: ({ queued, total }: ListedReplay) => `${queued} of ${total}`,
  FAILED: ({ failed }: ListedReplay) => failed,
  CREATED: ({ createdAt }: ListedReplay) => createdAt,
};

interface ReplayFlags {
  from?: string;
  to?: string;
  status?: string[];
  type?: string[];
  dryRun?: true;
  detach?: true;
}

export function addReplays(program: Command): void {
  program
    .command('replay')
    .description('Replay the deliveries of a webhook in a time range, or one event to all its webhooks')
    .argument('<webhook or event>', 'Webhook or event id, wh_… or evt_…')
    .option('--from <time>', 'Deliveries created at or after: RFC 3339, or 2h for two hours ago', timeAgo)
    .option('--to <time>', 'Deliveries created before (default: now)', timeAgo)
    .option(
      '--status <statuses>',
      'Comma-separated statuses: succeeded, failed, dropped (default: all)',
      list,
    )
    .option('--type <types>', 'Comma-separated event types (default: all)', list)
    .option('--dry-run', 'Only count the deliveries')
    .option('--detach', 'Start the replay without waiting for it')
    .addHelpText(
      'after',
      `${examples(
        'posthorn replay wh_… --from 6h --status failed --dry-run',
        'posthorn replay wh_… --from 6h --status failed',
        'posthorn replay wh_… --from 2026-01-31T08:00:00Z --to 2026-01-31T09:00:00Z --type invoice.paid',
        'posthorn replay evt_…',
      )}\n\nCtrl-C stops waiting and asks whether to cancel the replay. Manage it later: posthorn replays get|cancel.`,
    )
    .action(replay);

  addManagement(addGroup(program, 'replays', 'Track and cancel replays'));
}

async function replay(target: string, flags: ReplayFlags, command: Command): Promise<void> {
  const { api, output } = apiContext(command);
  const { dryRun, detach } = flags;
  const accepted = target.startsWith('evt_')
    ? await api.events.replay(target, { dryRun })
    : await api.webhooks.replay(target, { ...rangeOf(flags), dryRun });
  const { id, total } = accepted;
  if (id === null) return output.result(accepted, () => `Deliveries: ${total}`);

  const started = await api.replays.get(id);
  if (detach) return output.result(started, () => details(started));
  const { followRun } = await import('../replays/follow-run.js');
  await followRun(output, {
    name: 'replay',
    group: 'replays',
    started,
    get: (options) => api.replays.get(id, options),
    cancel: () => api.replays.cancel(id),
  });
}

/** @throws UsageError without --from */
function rangeOf({ from, to, status, type }: ReplayFlags): ReplayRange {
  if (from === undefined) throw new UsageError('--from is required to replay a webhook.');
  return {
    from,
    to: to ?? new Date().toISOString(),
    statuses: unchecked<ReplayRange['statuses']>(status),
    eventTypes: type,
  };
}

interface ListFlags {
  webhook?: string;
  status?: ListedReplay['status'];
  tenant?: string;
  limit: number;
}

function addManagement(replays: Command): void {
  replays
    .command('list')
    .description('List replays, newest first')
    .option('--webhook <webhook>', 'Filter by webhook, wh_…')
    .option('--status <status>', 'Filter by status: running, completed or cancelled')
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of replays', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(({ webhook, status, tenant, limit }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.replays.list({ webhookId: webhook, status, tenantId: tenant, ...page }),
        columns: withTenant(tenant, COLUMNS),
        empty: 'No replays',
      }),
    );

  replays
    .command('get')
    .description('Show a replay and its progress')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.replays.get(id)),
    );

  replays
    .command('cancel')
    .description('Cancel a replay and drop its pending deliveries')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.replays.cancel(id)),
    );
}
