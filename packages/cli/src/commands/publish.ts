import type { Command } from 'commander';
import { apiContext } from '../api-command.js';
import { examples } from '../examples.js';
import { unchecked, readJson } from '../options.js';

interface PublishFlags {
  data: string;
  key?: string;
  tenant?: string;
  occurredAt?: string;
  watch?: true;
}

export function addPublish(program: Command): void {
  program
    .command('publish')
    .description('publish an event')
    .argument('<type>', 'event type: invoice.paid')
    .option('--data <json>', 'its data: JSON as it is, @file, or - for stdin', '{}')
    .option('--key <key>', 'idempotency key: a repeat of it is not published again')
    .option('--occurred-at <time>', 'when it happened, RFC 3339; now if absent')
    .option('--tenant <tenant>', 'for this tenant')
    .option('--watch', 'stay until every delivery is settled; exit code 1 if one does not succeed')
    .addHelpText(
      'after',
      examples(
        `posthorn publish invoice.paid --data '{"id":"in_1"}' --key invoice-in_1-paid`,
        'posthorn publish invoice.paid --data @invoice.json --watch',
        'jq .invoice response.json | posthorn publish invoice.paid --data -',
      ),
    )
    .action(async (type: string, flags: PublishFlags, command: Command) => {
      const { data, key, tenant, occurredAt, watch } = flags;
      const event = {
        type,
        data: unchecked<Record<string, unknown>>(await readJson('--data', data)),
        idempotencyKey: key,
        occurredAt,
        tenantId: tenant,
      };
      const { api, output } = apiContext(command);
      const accepted = await api.events.publish(event);
      const webhooks = accepted.deliveries === 1 ? '1 webhook' : `${accepted.deliveries} webhooks`;
      output.event(accepted, () => `${accepted.id} goes to ${webhooks}.`);
      if (accepted.deliveries === 0) output.note(`Why: posthorn events explain ${accepted.id}`);
      if (!watch) return;
      const { watchEvent } = await import('../deliveries/watch-event.js');
      if (!(await watchEvent({ api, output }, accepted))) process.exitCode = 1;
    });
}
