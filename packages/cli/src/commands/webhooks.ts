import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { confirm } from '../confirm.js';
import { apiContext, printResult, printList } from '../api-command.js';
import { examples } from '../examples.js';
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

const ID = ['<webhook>', 'its id, wh_…'] as const;

export function addWebhooks(program: Command): void {
  const webhooks = program.command('webhooks').description('create webhooks and look after them');
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
    .description('list webhooks, newest first')
    .option('--status <status>', 'only those that are pending_validation, active or suspended')
    .option('--event-type <type>', 'only those that would get events of this type')
    .option('--search <text>', 'only those with this in their URL or description')
    .option('--tenant <tenant>', 'of this tenant')
    .option('--limit <count>', 'how many at most', listLimit, 50)
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
        none: 'no webhooks',
      }),
    );

  webhooks
    .command('get')
    .description('show a webhook')
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
    .description('create a webhook; it gets nothing before its URL is validated')
    .argument('<url>', 'where events are sent')
    .requiredOption('--events <types>', 'event types, prefix.* or *, comma-separated', list)
    .option('--tenant <tenant>', 'for this tenant')
    .option('--validate', 'send the validation code at once');
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
      // The secret is shown whatever comes of the validation.
      const [validation] = await Promise.allSettled(
        validate ? [api.webhooks.sendValidation(created.id)] : [],
      );
      const sent = validation?.status === 'fulfilled' ? validation.value : undefined;
      const webhook = { ...created, ...sent?.webhook };
      output.result(webhook, () => details(webhook));
      output.note('Keep the secret: it is not shown again.');
      if (webhook.status === 'pending_validation') output.note(nextStep(webhook.id, sent));
      if (validation?.status === 'rejected') throw validation.reason;
    });

  const update = webhooks
    .command('update')
    .description('change a webhook; what is not named stays')
    .argument(...ID)
    .option('--new-url <url>', 'another URL; the old one keeps receiving until it is validated')
    .option('--events <types>', 'event types, prefix.* or *, comma-separated', list);
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
  return `The receiver took the code, until ${validation.expiresAt}. Next: posthorn webhooks confirm ${id} <code>`;
}

function addValidation(webhooks: Command): void {
  webhooks
    .command('validate')
    .description('send the validation code to the URL; a receiver that echoes it is confirmed at once')
    .argument(...ID)
    .action(async (id: string, _flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const validation = await api.webhooks.sendValidation(id);
      output.result(validation, () => details(validation.webhook ?? validation));
      if (validation.status === 'code_sent') output.note(nextStep(id, validation));
    });

  webhooks
    .command('confirm')
    .description('confirm the code that arrived at the URL')
    .argument(...ID)
    .argument('<code>', 'the code')
    .action((id: string, code: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.webhooks.confirmValidation(id, { code })),
    );
}

function addLifecycle(webhooks: Command): void {
  webhooks
    .command('suspend')
    .description('stop all requests to a webhook; what is pending is dropped')
    .argument(...ID)
    .option('--reason <text>', 'why')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(command, (api) => api.webhooks.suspend(id, { ...(reason && { reason }) })),
    );

  webhooks
    .command('reactivate')
    .description('let a suspended webhook get what is published from now on')
    .argument(...ID)
    .option('--reason <text>', 'why')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(command, (api) => api.webhooks.reactivate(id, { ...(reason && { reason }) })),
    );

  webhooks
    .command('delete')
    .description('delete a webhook; what is pending is dropped, its history stays')
    .argument(...ID)
    .option('--yes', 'do not ask')
    .action(async (id: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      const { url } = await api.webhooks.get(id);
      if (!(await confirm(`Delete the webhook for ${url}?`, flags)))
        return output.note('Nothing was deleted.');
      await api.webhooks.delete(id);
      output.result({ id, deleted: true }, () => `${id} is deleted.`);
    });
}

function addSigning(webhooks: Command): void {
  webhooks
    .command('test')
    .description('send one example event now, not retried and not recorded')
    .argument(...ID)
    .argument('<type>', 'event type')
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
    .description('make a new signing secret; both sign for a while')
    .argument(...ID)
    .option('--overlap-hours <hours>', 'how long the old secret still signs, too (24)', wholeNumber)
    .action((id: string, { overlapHours }: { overlapHours?: number }, command: Command) =>
      printResult(command, (api) =>
        api.webhooks.rotateSecret(id, overlapHours === undefined ? {} : { overlapHours }),
      ),
    );
}
