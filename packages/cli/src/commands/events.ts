import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printResult, printList } from '../api-command.js';
import { examples } from '../examples.js';
import { listLimit, timeAgo } from '../options.js';
import { details, prettyJson } from '../output/text.js';

type ListedEvent = components['schemas']['ListedEvent'];
type Explanation = components['schemas']['Explanation'];

const ID = ['<event>', 'its id, evt_…'] as const;

const COLUMNS = {
  ID: ({ id }: ListedEvent) => id,
  TYPE: ({ type }: ListedEvent) => type,
  PUBLISHED: ({ publishedAt }: ListedEvent) => publishedAt,
};

const EXPLANATION = {
  WEBHOOK: ({ webhookId }: Explanation) => webhookId,
  REASON: ({ reason }: Explanation) => reason,
  DETAIL: ({ detail }: Explanation) => detail,
  DELIVERY: ({ deliveryId }: Explanation) => deliveryId,
  URL: ({ url }: Explanation) => url,
};

interface ListFlags {
  type?: string;
  from?: string;
  to?: string;
  tenant?: string;
  limit: number;
}

export function addEvents(program: Command): void {
  const events = program.command('events').description('look up what was published');

  events
    .command('list')
    .description('list events, newest first')
    .option('--type <type>', 'only those of this type')
    .option('--from <time>', 'published at this moment or later: RFC 3339, or 2h for two hours ago', timeAgo)
    .option('--to <time>', 'published before this moment', timeAgo)
    .option('--tenant <tenant>', 'of this tenant')
    .option('--limit <count>', 'how many at most', listLimit, 50)
    .addHelpText('after', examples('posthorn events list --type invoice.paid --from 1h'))
    .action(({ type, from, to, tenant, limit }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.events.list({ type, from, to, tenantId: tenant, ...page }),
        columns: COLUMNS,
        none: 'no events',
      }),
    );

  events
    .command('get')
    .description('show an event')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(
        command,
        (api) => api.events.get(id),
        ({ data, ...event }) => `${details(event)}\n\n${prettyJson(data)}`,
      ),
    );

  events
    .command('explain')
    .description('say for each webhook why it got an event or did not')
    .argument(...ID)
    .option('--limit <count>', 'how many webhooks at most', listLimit, 50)
    .action((id: string, { limit }: { limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.events.explain(id, page),
        columns: EXPLANATION,
        none: 'no webhooks',
      }),
    );
}
