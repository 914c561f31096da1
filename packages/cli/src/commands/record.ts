import type { Command } from 'commander';
import { examples } from '../command/help.js';
import { port } from '../command/options.js';
import { outputOf } from '../output/output.js';
import { eventSource } from '../record/event-source.js';
import type { RecordFlags } from '../record/record.js';

export function addRecord(program: Command): void {
  program
    .command('record')
    .description('Record the requests of another system in a file, for posthorn compare')
    .argument('<file>', 'File to append to, one JSON object per line')
    .option(
      '--event <place>',
      'Where requests have the idempotency key of their event: header:NAME or body:/POINTER (default: body:/id)',
      eventSource,
    )
    .option('--webhook <webhook>', 'Webhook of requests whose path does not name it, wh_… or ext:…')
    .option('--tenant <tenant>', 'Tenant of these requests')
    .option('--port <port>', 'Port to listen on (default: any free port)', port)
    .option('--host <host>', 'Address to listen on (default: 127.0.0.1)')
    .addHelpText(
      'after',
      `${examples(
        'posthorn record recorded.ndjson --port 9100 --event header:x-outpost-event-id',
        'posthorn record recorded.ndjson --port 9100 --webhook ext:hook-1',
      )}\n
Let the other system send a copy of each request to http://HOST:PORT/TENANT/WEBHOOK, such as /ext:customer-1/ext:hook-1. A request is
answered with 200 when it is in the file, and with 422 if it cannot be recorded. The file contains credentials.`,
    )
    .action(async (file: string, flags: RecordFlags, command: Command) => {
      const { record } = await import('../record/record.js');
      await record(file, flags, outputOf(command));
    });
}
