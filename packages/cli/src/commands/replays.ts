import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printResult, printList } from '../api-command.js';
import { examples } from '../examples.js';
import { unchecked, list, listLimit, timeAgo } from '../options.js';
import { details } from '../output/text.js';
import { UsageError } from '../usage-error.js';

type ListedReplay = components['schemas']['ListedReplay'];
type Span = components['schemas']['ReplayWebhook'];

const ID = ['<replay>', 'its id, rpl_…'] as const;

const COLUMNS = {
  ID: ({ id }: ListedReplay) => id,
  STATUS: ({ status }: ListedReplay) => status,
  OF: ({ webhookId, eventId }: ListedReplay) => webhookId ?? eventId,
  QUEUED: ({ queued, total }: ListedReplay) => `${queued} of ${total}`,
  CREATED: ({ createdAt }: ListedReplay) => createdAt,
};

interface ReplayFlags {
  from?: string;
  to?: string;
  status?: string[];
  type?: string[];
  detach?: true;
}

export function addReplays(program: Command): void {
  program
    .command('replay')
    .description('deliver again what a webhook got or did not get in a span of time, or one event to all')
    .argument('<webhook or event>', 'its id, wh_… or evt_…')
    .option(
      '--from <time>',
      'deliveries made at this moment or later: RFC 3339, or 2h for two hours ago',
      timeAgo,
    )
    .option('--to <time>', 'deliveries made before this moment; now if absent', timeAgo)
    .option('--status <statuses>', 'only those that are succeeded, failed or dropped, comma-separated', list)
    .option('--type <types>', 'only events of these types, comma-separated', list)
    .option('--detach', 'do not wait for its end')
    .addHelpText(
      'after',
      `${examples(
        'posthorn replay wh_… --from 6h --status failed',
        'posthorn replay wh_… --from 2026-01-31T08:00:00Z --to 2026-01-31T09:00:00Z --type invoice.paid',
        'posthorn replay evt_…',
      )}\n\nCtrl-C asks whether to cancel it; else it goes on without you: posthorn replays get|cancel.`,
    )
    .action(async (id: string, flags: ReplayFlags, command: Command) => {
      const { api, output } = apiContext(command);
      const started = id.startsWith('evt_')
        ? await api.events.replay(id)
        : await api.webhooks.replay(id, spanOf(flags));
      if (flags.detach) return output.result(started, () => details(started));
      const { followReplay } = await import('../replays/follow-replay.js');
      await followReplay({ api, output }, started);
    });

  addManagement(program.command('replays').description('see how replays get on, and cancel them'));
}

/** @throws UsageError without a beginning */
function spanOf({ from, to, status, type }: ReplayFlags): Span {
  if (from === undefined) throw new UsageError('--from is needed: since when to deliver again');
  return {
    from,
    to: to ?? new Date().toISOString(),
    statuses: unchecked<Span['statuses']>(status),
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
    .description('list replays, newest first')
    .option('--webhook <webhook>', 'only of this webhook, wh_…')
    .option('--status <status>', 'only those that are running, completed or cancelled')
    .option('--tenant <tenant>', 'of this tenant')
    .option('--limit <count>', 'how many at most', listLimit, 50)
    .action(({ webhook, status, tenant, limit }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.replays.list({ webhookId: webhook, status, tenantId: tenant, ...page }),
        columns: COLUMNS,
        none: 'no replays',
      }),
    );

  replays
    .command('get')
    .description('show a replay and its progress')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.replays.get(id)),
    );

  replays
    .command('cancel')
    .description('cancel a replay: what it has pending is dropped')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.replays.cancel(id)),
    );
}
