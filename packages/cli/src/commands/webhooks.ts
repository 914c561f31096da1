import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { confirm } from '../confirm.js';
import { apiContext, printResult, printList } from '../api-command.js';
import { addGroup, examples } from '../help.js';
import { list, listLimit, wholeNumber } from '../options.js';
import { details, prettyJson } from '../output/text.js';
import { addSettings, type SettingFlags, settingsOf } from './webhook-settings.js';

type Webhook = components['schemas']['Webhook'];

const COLUMNS = {
  ID: ({ id }: Webhook) => id,
  STATUS: ({ status }: Webhook) => status,
  URL: ({ url }: Webhook) => url,
  EVENTS: ({ eventTypes }: Webhook) => eventTypes,
};

const ID = ['<webhook>', 'Webhook id, wh_…'] as const;

export function addWebhooks(program: Command): void {
  const webhooks = addGroup(program, 'webhooks', 'Create and manage webhooks');
  addReading(webhooks);
  addWriting(webhooks);
  addValidation(webhooks);
  addLifecycle(webhooks);
  addSigning(webhooks);
}

interface ListFlags {
  status?: Webhook['status'];
  eventType?: string;
  search?: string;
  tenant?: string;
  limit: number;
}

function addReading(webhooks: Command): void {
  webhooks
    .command('list')
    .description('List webhooks, newest first')
    .option('--status <status>', 'Filter by status: pending_validation, active or suspended')
    .option('--event-type <type>', 'Filter by subscribed event type')
    .option('--search <text>', 'Filter by text in the URL or description')
    .option('--tenant <tenant>', 'Filter by tenant')
    .option('--limit <count>', 'Maximum number of webhooks', listLimit, 50)
    .addHelpText(
      'after',
      examples(
        'posthorn webhooks list --status suspended',
        "posthorn webhooks list --json | jq -r '.[].url'",
      ),
    )
    .action(({ status, eventType, search, tenant, limit }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.webhooks.list({ status, eventType, search, tenantId: tenant, ...page }),
        columns: COLUMNS,
        empty: 'No webhooks',
      }),
    );

  webhooks
    .command('get')
    .description('Show a webhook')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.webhooks.get(id)),
    );
}

interface WriteFlags extends SettingFlags {
  events?: string[];
  newUrl?: string;
  tenant?: string;
  validate?: true;
}

function addWriting(webhooks: Command): void {
  const create = webhooks
    .command('create')
    .description('Create a webhook; it receives events once its URL is validated')
    .argument('<url>', 'URL to deliver to')
    .requiredOption('--events <types>', 'Comma-separated event types, prefix.* or *', list)
    .option('--tenant <tenant>', 'Tenant of the webhook')
    .option('--validate', 'Send the validation code immediately');
  addSettings(create)
    .addHelpText(
      'after',
      examples(
        "posthorn webhooks create https://example.com/hook --events 'invoice.*' --validate",
        'posthorn webhooks create https://example.com/hook --events \'*\' --filter \'{"properties":{"amount":{"minimum":100}}}\'',
      ),
    )
    .action(async (url: string, flags: WriteFlags, command: Command) => {
      const { events = [], tenant, validate } = flags;
      const settings = await settingsOf(flags);
      const { api, output } = apiContext(command);
      const created = await api.webhooks.create({ url, eventTypes: events, tenantId: tenant, ...settings });
      // Prints the secret even if the validation fails.
      const [validation] = await Promise.allSettled(
        validate ? [api.webhooks.sendValidation(created.id)] : [],
      );
      const sent = validation?.status === 'fulfilled' ? validation.value : undefined;
      const webhook = { ...created, ...sent?.webhook };
      output.result(webhook, () => details(webhook));
      output.note("Save the secret: it won't be shown again.");
      if (webhook.status === 'pending_validation') output.note(nextStep(webhook.id, sent));
      if (validation?.status === 'rejected') throw validation.reason;
    });

  const update = webhooks
    .command('update')
    .description('Change the given settings of a webhook')
    .argument(...ID)
    .option('--new-url <url>', 'New URL; the old one receives until the new one is validated')
    .option('--events <types>', 'Comma-separated event types, prefix.* or *', list);
  addSettings(update)
    .addHelpText(
      'after',
      examples(
        'posthorn webhooks update wh_… --events invoice.paid,invoice.voided',
        'posthorn webhooks update wh_… --rate-limit 50/1 --timeout-ms default',
      ),
    )
    .action(async (id: string, flags: WriteFlags, command: Command) => {
      const settings = await settingsOf(flags);
      const change = { url: flags.newUrl, eventTypes: flags.events, ...settings };
      await printResult(command, (api) => api.webhooks.update(id, change));
    });
}

type Validation = components['schemas']['RequestedValidation'];

function nextStep(id: string, validation: Validation | undefined): string {
  if (!validation) return `Next: posthorn webhooks validate ${id}`;
  return `Code sent; it expires at ${validation.expiresAt}. Next: posthorn webhooks confirm ${id} <code>`;
}

function addValidation(webhooks: Command): void {
  webhooks
    .command('validate')
    .description('Send the validation code to the URL; a receiver that echoes it is confirmed immediately')
    .argument(...ID)
    .action(async (id: string, _flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const validation = await api.webhooks.sendValidation(id);
      output.result(validation, () => details(validation.webhook ?? validation));
      if (validation.status === 'code_sent') output.note(nextStep(id, validation));
    });

  webhooks
    .command('confirm')
    .description('Confirm a webhook with the code that its URL received')
    .argument(...ID)
    .argument('<code>', 'Validation code')
    .action((id: string, code: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.webhooks.confirmValidation(id, { code })),
    );
}

function addLifecycle(webhooks: Command): void {
  webhooks
    .command('suspend')
    .description('Stop delivery to a webhook and drop its pending deliveries')
    .argument(...ID)
    .option('--reason <text>', 'Reason, shown in the audit log')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(command, (api) => api.webhooks.suspend(id, { ...(reason && { reason }) })),
    );

  webhooks
    .command('reactivate')
    .description('Resume delivery to a suspended webhook, for events published from now on')
    .argument(...ID)
    .option('--reason <text>', 'Reason, shown in the audit log')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(command, (api) => api.webhooks.reactivate(id, { ...(reason && { reason }) })),
    );

  webhooks
    .command('delete')
    .description('Delete a webhook and drop its pending deliveries; its history remains')
    .argument(...ID)
    .option('--yes', 'Skip the confirmation')
    .action(async (id: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      const { url } = await api.webhooks.get(id);
      if (!(await confirm(`Delete the webhook for ${url}?`, flags))) return output.note('Cancelled.');
      await api.webhooks.delete(id);
      output.result({ id, deleted: true }, () => `Deleted ${id}`);
    });
}

function addSigning(webhooks: Command): void {
  webhooks
    .command('test')
    .description('Send one example event now; it is not retried or recorded')
    .argument(...ID)
    .argument('<type>', 'Event type')
    .action(async (id: string, eventType: string, _flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const attempt = await api.webhooks.test(id, { eventType });
      output.result(
        attempt,
        () => `${details({ ...attempt, request: undefined })}\n${prettyJson(attempt.request)}`,
      );
      if (!attempt.succeeded) process.exitCode = 1;
    });

  webhooks
    .command('rotate-secret')
    .description('Create a new signing secret; requests carry both signatures for a while')
    .argument(...ID)
    .option('--overlap-hours <hours>', 'Hours until the old secret expires (default: 24)', wholeNumber)
    .action((id: string, { overlapHours }: { overlapHours?: number }, command: Command) =>
      printResult(command, (api) =>
        api.webhooks.rotateSecret(id, overlapHours === undefined ? {} : { overlapHours }),
      ),
    );
}
