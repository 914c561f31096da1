import { type Command, Option } from 'commander';
import { apiContext } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { forwardTarget } from '../listen/forward.js';
import type { ListenFlags } from '../listen/listen.js';
import { list, port } from '../command/options.js';
import { outputOf } from '../output/output.js';

export function addListen(program: Command): void {
  program
    .command('listen')
    .description('Receive events on this machine: verify, print and optionally forward them')
    .option('--events <types>', 'Comma-separated event types, prefix.* or * (default: *)', list)
    .option(
      '--forward <url>',
      'Forward each event to this URL or port and return its response',
      forwardTarget,
    )
    .option('--port <port>', 'Port to listen on (default: any free port)', port)
    .option('--host <host>', 'Address to listen on (default: 127.0.0.1)')
    .option('--public-url <url>', 'URL at which Posthorn reaches this listener, if on another machine')
    .option('--tenant <tenant>', 'Tenant of the webhook')
    .addOption(
      new Option(
        '--secret <secret>',
        'Only verify requests with this signing secret; no API needed',
      ).conflicts(['tenant', 'publicUrl']),
    )
    .option('--data', 'Print event data even when forwarding')
    .option('--no-data', 'Print one line per event')
    .addHelpText(
      'after',
      `${examples(
        'posthorn listen',
        "posthorn listen --events 'invoice.*,customer.*' --forward http://localhost:3000/hook",
        'posthorn listen --port 4000 --secret whsec_… --json | jq .data',
      )}\n
Creates a temporary webhook, validates it, and deletes it on exit. Each run has a new signing secret. With --forward your
program receives the original signature headers, and its response is returned to Posthorn.`,
    )
    .action(async (flags: ListenFlags, command: Command) => {
      const { listen } = await import('../listen/listen.js');
      await listen(flags, outputOf(command), () => apiContext(command).api);
    });
}
