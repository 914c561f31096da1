import { dataTextOf, errorText } from '@posthorn/core';
import type { components, Posthorn } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printList } from '../command/api-command.js';
import { addGroup, examples } from '../command/help.js';
import { listLimit, ROW_FORMAT, TENANT_FILTER, timeAgo, withTenant } from '../command/options.js';
import { JsonText } from '../output/json-text.js';
import { details, prettyJson } from '../output/text.js';

type ListedEvent = components['schemas']['ListedEvent'];
type Explanation = components['schemas']['Explanation'];

const ID = ['<event>', 'Event id, evt_…'] as const;

const COLUMNS = {
  ID: ({ id }: ListedEvent) => id,
  TYPE: ({ type }: ListedEvent) => type,
  DELIVERED: ({ deliveries }: ListedEvent) => deliveries && `${deliveries.succeeded} of ${deliveries.total}`,
  VALUES: ({ searchValues }: ListedEvent) => searchValues.map(({ value }) => value).join(', '),
  OCCURRED: ({ occurredAt }: ListedEvent) => occurredAt,
  PUBLISHED: ({ publishedAt }: ListedEvent) => publishedAt,
};

const EXPLANATION = {
  WEBHOOK: ({ webhookId }: Explanation) => webhookId,
  REASON: ({ reason }: Explanation) => reason,
  VIOLATION: ({ violation }: Explanation) => violation && errorText(violation),
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
  const events = addGroup(program, 'events', 'Inspect published events');

  events
    .command('list')
    .description('List events, newest first')
    .option('--type <type>', 'Filter by event type')
    .option('--from <time>', 'Published at or after: RFC 3339, or 2h for two hours ago', timeAgo)
    .option('--to <time>', 'Published before', timeAgo)
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of events', listLimit, 50)
    .addOption(ROW_FORMAT)
    .addHelpText('after', examples('posthorn events list --type invoice.paid --from 1h'))
    .action(({ type, from, to, tenant, limit }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.events.list({ type, from, to, tenantId: tenant, ...page }),
        columns: withTenant(tenant, COLUMNS),
        empty: 'No events',
      }),
    );

  events
    .command('get')
    .description('Show an event')
    .argument(...ID)
    .action(async (id: string, _flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const json = await getText(api, id);
      output.result(new JsonText(json), () => {
        const { data: _data, ...event } = JSON.parse(json);
        return `${details(event)}\n\n${prettyJson(dataTextOf(json))}`;
      });
    });

  events
    .command('explain')
    .description('Explain for each webhook why it received an event or not')
    .argument(...ID)
    .option('--limit <count>', 'Maximum number of webhooks', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action((id: string, { limit }: { limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.events.explain(id, page),
        columns: EXPLANATION,
        empty: 'No webhooks',
      }),
    );
}

/** Returns an event as JSON text, so that the numbers of its data do not change. */
async function getText(api: Posthorn, id: string): Promise<string> {
  const { data } = await api.client.GET('/v1/events/{id}', { params: { path: { id } }, parseAs: 'text' });
  if (data === undefined) throw new Error('The response has no body');
  return data;
}
