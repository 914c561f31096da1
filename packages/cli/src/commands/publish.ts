import { withDataText } from '@posthorn/core';
import type { components, Posthorn } from '@posthorn/sdk';
import type { Command } from 'commander';
import { host } from '../host/host.js';
import { apiContext } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { readJson, readJsonText, unchecked } from '../command/options.js';

interface PublishFlags {
  data: string;
  key?: string;
  orderingKey?: string;
  tenant?: string;
  occurredAt?: string;
  metadata?: string;
  watch?: true;
}

export function addPublish(program: Command): void {
  program
    .command('publish')
    .description('Publish an event')
    .argument('<type>', 'Event type, such as invoice.paid')
    .option('--data <json>', 'Event data: JSON, @file, or - for stdin', '{}')
    .option('--key <key>', 'Idempotency key: the same event with the same key is published only once')
    .option('--ordering-key <key>', 'Webhooks with an order by key get events with the same key one by one')
    .option('--occurred-at <time>', 'When the event occurred, RFC 3339 (default: now)')
    .option('--metadata <json>', 'Texts that delivery formats can send as headers: JSON or @file')
    .option('--tenant <tenant>', 'Tenant of the event')
    .option('--watch', 'Wait until all deliveries are settled; exit code 1 if any does not succeed')
    .addHelpText(
      'after',
      examples(
        `posthorn publish invoice.paid --data '{"id":"in_1"}' --key invoice-in_1-paid`,
        'posthorn publish invoice.paid --data @invoice.json --watch',
        'jq .invoice response.json | posthorn publish invoice.paid --data -',
      ),
    )
    .action(async (type: string, flags: PublishFlags, command: Command) => {
      const { data, key, orderingKey, tenant, occurredAt, watch } = flags;
      const metadata =
        flags.metadata === undefined
          ? undefined
          : unchecked<PublishEvent['metadata']>(await readJson('--metadata', flags.metadata));
      const fields = { type, idempotencyKey: key, orderingKey, occurredAt, metadata, tenantId: tenant };
      const dataText = await readJsonText('--data', data);
      const { api, output } = apiContext(command);
      const accepted = await publish(api, fields, dataText);
      const webhooks = accepted.deliveries === 1 ? '1 webhook' : `${accepted.deliveries} webhooks`;
      const action = accepted.duplicate ? 'Already published' : 'Published';
      output.event(accepted, () => `${action} ${accepted.id} to ${webhooks}`);
      if (accepted.deliveries === 0) output.note(`To see why: posthorn events explain ${accepted.id}`);
      if (!watch) return;
      const { watchEvent } = await import('../deliveries/watch-event.js');
      if (!(await watchEvent({ api, output }, accepted))) host().exitCode = 1;
    });
}

type PublishEvent = components['schemas']['PublishEvent'];

/** Publishes an event whose data is JSON text, so that its numbers do not change. */
async function publish(
  { client }: Posthorn,
  fields: Omit<PublishEvent, 'data'>,
  dataText: string,
): Promise<components['schemas']['AcceptedEvent']> {
  const { data } = await client.POST('/v1/events', {
    body: { ...fields, data: {} },
    bodySerializer: () => withDataText(JSON.stringify(fields), dataText),
  });
  if (!data) throw new Error('The response has no body');
  return data;
}
