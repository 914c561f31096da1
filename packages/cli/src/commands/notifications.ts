import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printResult } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { details } from '../output/text.js';

type Notifications = components['schemas']['Notifications'];
type Tested = components['schemas']['TestedNotifications'];

export function addNotifications(program: Command): void {
  const notifications = program
    .command('notifications')
    .description("Show and test the operator's emails")
    .addHelpText('after', examples('posthorn notifications status', 'posthorn notifications test'));
  notifications
    .command('status')
    .description('Show the recipients, pending notices and the last error')
    .action((_flags: object, command: Command) =>
      printResult(command, (api) => api.notifications.get(), stateText),
    );
  notifications
    .command('test')
    .description('Send a test email to the operator')
    .action((_flags: object, command: Command) =>
      printResult(command, (api) => api.notifications.test(), testedText),
    );
}

function stateText({ email }: Notifications): string {
  if (!email.enabled) return 'No emails are sent: POSTHORN_SMTP_URL is not set';
  return details({ ...email, operatorRecipients: email.operatorRecipients.join(', ') });
}

const testedText = ({ recipients }: Tested): string => `Sent to ${recipients.join(', ')}`;
