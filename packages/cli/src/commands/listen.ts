import { type Command, Option } from 'commander';
import { apiContext } from '../api-command.js';
import { examples } from '../examples.js';
import { forwardTarget } from '../listen/forward.js';
import type { ListenFlags } from '../listen/listen.js';
import { list, port } from '../options.js';
import { outputOf } from '../output/output.js';

export function addListen(program: Command): void {
  program
    .command('listen')
    .description('receive events here: verified, shown, and forwarded to a program of yours')
    .option('--events <types>', 'event types, prefix.* or *, comma-separated; * if absent', list)
    .option('--forward <url>', 'send each on to this URL or port, and give its answer back', forwardTarget)
    .option('--port <port>', 'port to listen on; any that is free if absent', port)
    .option('--host <host>', 'address to listen on; 127.0.0.1 if absent')
    .option('--public-url <url>', 'where Posthorn reaches this listener, if it runs elsewhere')
    .option('--tenant <tenant>', 'for this tenant')
    .addOption(
      new Option('--secret <secret>', 'only verify what is signed with it; needs no API').conflicts([
        'tenant',
        'publicUrl',
      ]),
    )
    .option('--data', 'show the data of events, also when they are forwarded')
    .option('--no-data', 'one line for each event')
    .addHelpText(
      'after',
      `${examples(
        'posthorn listen',
        "posthorn listen --events 'invoice.*,customer.*' --forward http://localhost:3000/hook",
        'posthorn listen --port 4000 --secret whsec_… --json | jq .data',
      )}\n
It makes a webhook for itself, validates it, and deletes it at its end. The signing secret is another each time; with
--forward your program gets the headers of the signature as they came, and whatever it answers is what Posthorn gets.`,
    )
    .action(async (flags: ListenFlags, command: Command) => {
      const { listen } = await import('../listen/listen.js');
      await listen(flags, outputOf(command), () => apiContext(command).api);
    });
}
