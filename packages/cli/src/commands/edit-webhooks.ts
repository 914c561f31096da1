import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { apiContext, printResult } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { host } from '../host/host.js';
import { addSecretOptions, list, ownSecretOf, type SecretFlags } from '../command/options.js';
import { details } from '../output/text.js';
import { addSettings, type SettingFlags, settingsOf } from './webhook-settings.js';

export const WEBHOOK_ID = ['<webhook>', 'Webhook id, wh_… or ext:…'] as const;

interface EditFlags extends SettingFlags, SecretFlags {
  events?: string[];
  pull?: true;
  push?: true;
  newUrl?: string;
  approveHeaders?: true;
  tenant?: string;
  validate?: true;
}

/** Adds `create` and `update`. */
export function addEditing(webhooks: Command): void {
  const create = webhooks
    .command('create')
    .description('Create a webhook; it receives events once its URL is validated')
    .argument('[url]', 'URL to deliver to')
    .option('--pull', 'Send no requests: the receiver reads the events with the feed')
    .requiredOption('--events <types>', 'Comma-separated event types, prefix.* or *', list)
    .option('--tenant <tenant>', 'Tenant of the webhook')
    .option('--validate', 'Send the validation code immediately');
  addSettings(create);
  addSecretOptions(create)
    .addHelpText(
      'after',
      examples(
        "posthorn webhooks create https://example.com/hook --events 'invoice.*' --validate",
        'posthorn webhooks create https://example.com/hook --events \'*\' --filter \'{"properties":{"amount":{"minimum":100}}}\'',
        "posthorn webhooks create --pull --events 'invoice.*'",
      ),
    )
    .action(async (url: string | undefined, flags: EditFlags, command: Command) => {
      const { events = [], tenant, validate } = flags;
      const delivery = flags.pull && 'pull';
      const settings = { ...(await settingsOf(flags)), ...(await ownSecretOf(flags)) };
      const { api, output } = apiContext(command);
      const created = await api.webhooks.create({
        delivery,
        url,
        eventTypes: events,
        tenantId: tenant,
        ...settings,
      });
      // Prints the secret even if the validation fails.
      const [validation] = await Promise.allSettled(
        validate && created.status === 'pending_validation' ? [api.webhooks.sendValidation(created.id)] : [],
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
    .argument(...WEBHOOK_ID)
    .option('--new-url <url>', 'New URL; the old one receives until the new one is validated')
    .option('--pull', 'Remove the URL: the receiver reads the events with the feed (not while it is active)')
    .option('--push', 'Send requests again, to --new-url once it is validated')
    .option('--events <types>', 'Comma-separated event types, prefix.* or *', list)
    .option('--approve-headers', 'Send the custom headers also in the validation request (admin keys)');
  addSettings(update);
  update
    .addHelpText(
      'after',
      examples(
        'posthorn webhooks update wh_… --events invoice.paid,invoice.voided',
        'posthorn webhooks update wh_… --rate-limit 50/1 --timeout-ms default',
      ),
    )
    .action(async (id: string, flags: EditFlags, command: Command) => {
      const settings = await settingsOf(flags);
      const { newUrl, events, approveHeaders } = flags;
      const change = {
        delivery: destinationOf(flags),
        url: newUrl,
        eventTypes: events,
        headersApproved: approveHeaders,
        ...settings,
      };
      await printResult(command, (api) => api.webhooks.update(id, change));
    });
}

/** Returns how the webhook gets its events; undefined for no change. The API rejects a URL with `pull`. */
function destinationOf({ pull, push }: EditFlags): 'pull' | 'push' | undefined {
  if (pull) return 'pull';
  return push && 'push';
}

type Validation = components['schemas']['RequestedValidation'];

function nextStep(id: string, validation: Validation | undefined): string {
  if (!validation) return `Next: posthorn webhooks validate ${id}`;
  return `Code sent; it expires at ${validation.expiresAt}. Next: posthorn webhooks confirm ${id} <code>`;
}

/** Adds `validate`, `confirm`, `attest` and `test-authentication`. */
export function addValidation(webhooks: Command): void {
  webhooks
    .command('validate')
    .description('Send the validation code to the URL; a receiver that echoes it is confirmed immediately')
    .argument(...WEBHOOK_ID)
    .action(async (id: string, _flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const validation = await api.webhooks.sendValidation(id);
      output.result(validation, () => details(validation.webhook ?? validation));
      if (validation.status === 'code_sent') output.note(nextStep(id, validation));
    });

  webhooks
    .command('confirm')
    .description('Confirm a webhook with the code that its URL received')
    .argument(...WEBHOOK_ID)
    .argument('<code>', 'Validation code')
    .action((id: string, code: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.webhooks.confirmValidation(id, { code })),
    );

  webhooks
    .command('test-authentication')
    .description('Request an access token with the OAuth 2.0 client of a webhook')
    .argument(...WEBHOOK_ID)
    .action(async (id: string, _flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const result = await api.webhooks.testAuthentication(id);
      output.result(result, () => details(result));
      if (!result.succeeded) host().exitCode = 1;
    });

  webhooks
    .command('attest')
    .description(
      'Activate a URL without a validation code because it already receives webhooks (requires an admin key for all tenants and POSTHORN_ATTESTATION_UNTIL)',
    )
    .argument(...WEBHOOK_ID)
    .requiredOption('--reason <text>', 'How you know; shown with the webhook and in the audit log')
    .action((id: string, { reason }: { reason: string }, command: Command) =>
      printResult(command, (api) => api.webhooks.attestValidation(id, { reason })),
    );
}
