import type { Command } from 'commander';
import { apiContext } from '../command/api-command.js';
import type { FeedFlags } from '../feed/print-feed.js';
import { examples } from '../command/help.js';
import { TENANT_OF_WEBHOOK, wholeNumber } from '../command/options.js';
import { WEBHOOK_ID } from './edit-webhooks.js';

export function addFeed(program: Command): void {
  program
    .command('feed')
    .description('Print the numbered deliveries of a webhook, oldest first, with the events that it missed')
    .argument(...WEBHOOK_ID)
    .option(
      '--after <sequence>',
      'Begin after this number (default: the stored cursor, or else the first that is left)',
      wholeNumber,
    )
    .option('--follow', 'Wait for further deliveries until Ctrl-C')
    .option('--save-cursor', 'Store the cursor after each page that is printed')
    .option(...TENANT_OF_WEBHOOK)
    .addHelpText(
      'after',
      examples(
        'posthorn feed wh_… --after 120',
        'posthorn feed wh_… --follow --save-cursor --json | jq -r .body',
      ),
    )
    .action(async (webhook: string, flags: FeedFlags, command: Command) => {
      const { printFeed } = await import('../feed/print-feed.js');
      await printFeed(apiContext(command), webhook, flags);
    });
}
