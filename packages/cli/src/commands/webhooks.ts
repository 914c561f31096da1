import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { host } from '../host/host.js';
import { confirm } from '../command/confirm.js';
import { apiContext, printResult, printList } from '../command/api-command.js';
import { addGroup, examples } from '../command/help.js';
import {
  addSecretOptions,
  listLimit,
  ownSecretOf,
  readJson,
  ROW_FORMAT,
  TAG_FILTER,
  TENANT_FILTER,
  TENANT_OF_WEBHOOK,
  trueOrFalse,
  type SecretFlags,
  unchecked,
  wholeNumber,
  withTenant,
} from '../command/options.js';
import { details, prettyJson } from '../output/text.js';
import { addWebhookEgress } from './egress.js';
import { addEditing, addValidation, WEBHOOK_ID } from './edit-webhooks.js';

type Webhook = components['schemas']['Webhook'];

const COLUMNS = {
  ID: ({ id }: Webhook) => id,
  STATUS: ({ status, shadow }: Webhook) => (shadow ? `${status} (shadow)` : status),
  HEALTH: ({ status, health }: Webhook) => (status === 'active' ? health.state : null),
  LAST: ({ health }: Webhook) => health.lastStatus ?? health.lastError,
  URL: ({ url }: Webhook) => url ?? 'none (pull)',
  EVENTS: ({ eventTypes }: Webhook) => eventTypes,
};

type SigningSecret = components['schemas']['SigningSecret'];

const SECRET_COLUMNS = {
  ID: ({ id }: SigningSecret) => id,
  CREATED: ({ createdAt }: SigningSecret) => createdAt,
  ENDS: ({ endsAt }: SigningSecret) => endsAt ?? 'never',
};

type BlockedKey = components['schemas']['BlockedKey'];

const BLOCKED_COLUMNS = {
  KEY: ({ orderingKey }: BlockedKey) => orderingKey,
  DELIVERY: ({ deliveryId }: BlockedKey) => deliveryId,
  TYPE: ({ eventType }: BlockedKey) => eventType,
  SINCE: ({ blockedSince }: BlockedKey) => blockedSince,
  ATTEMPTS: ({ attemptCount }: BlockedKey) => attemptCount,
  LAST: ({ lastStatus, lastError }: BlockedKey) => lastStatus ?? lastError,
  NEXT: ({ nextAttemptAt }: BlockedKey) => nextAttemptAt,
  WAITING: ({ waiting }: BlockedKey) => waiting,
};

export function addWebhooks(program: Command): void {
  const webhooks = addGroup(program, 'webhooks', 'Create and manage webhooks');
  addReading(webhooks);
  addEditing(webhooks);
  addValidation(webhooks);
  addWebhookEgress(webhooks);
  addLifecycle(webhooks);
  addSigning(webhooks);
  for (const command of webhooks.commands)
    if (command.registeredArguments[0]?.name() === 'webhook') command.option(...TENANT_OF_WEBHOOK);
}

interface RotateFlags extends SecretFlags {
  overlapHours?: number;
}

interface ListFlags {
  status?: Webhook['status'];
  delivery?: Webhook['delivery'];
  health?: Webhook['health']['state'];
  suspendedBy?: components['schemas']['SuspenderKind'];
  slow?: true;
  sort?: components['schemas']['WebhookSort'];
  eventType?: string;
  search?: string;
  tag?: string[];
  imported?: boolean;
  tenant?: string;
  limit: number;
}

function addReading(webhooks: Command): void {
  webhooks
    .command('list')
    .description('List webhooks, newest first')
    .option('--status <status>', 'Filter by status: pending_validation, active or suspended')
    .option('--delivery <way>', 'Filter by how they get events: push or pull')
    .option('--health <state>', 'Filter by health: healthy, throttled or failing')
    .option('--suspended-by <kind>', 'Filter by who suspended them: system, operator or tenant')
    .option('--slow', 'Only webhooks in the slow lane')
    .option(
      '--sort <order>',
      'created (default), health, status, latency, failureRate, backlog or lastAttempt',
    )
    .option('--event-type <type>', 'Filter by subscribed event type')
    .option('--search <text>', 'Filter by text in the URL, external id or description')
    .option(...TAG_FILTER)
    .option('--imported <boolean>', 'true: only those of an import; false: only the others', trueOrFalse)
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of webhooks', listLimit, 50)
    .addOption(ROW_FORMAT)
    .addHelpText(
      'after',
      examples(
        "posthorn webhooks list --tenant '*' --health failing",
        'posthorn webhooks list --status suspended',
        "posthorn webhooks list --json | jq -r '.[].url'",
      ),
    )
    .action(({ tenant, tag, limit, ...filter }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.webhooks.list({ ...filter, tag: tag?.join(','), tenantId: tenant, ...page }),
        columns: withTenant(tenant, COLUMNS),
        empty: 'No webhooks',
      }),
    );

  webhooks
    .command('get')
    .description('Show a webhook')
    .argument(...WEBHOOK_ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.webhooks.get(id)),
    );

  webhooks
    .command('blocked-keys')
    .description('List the ordering keys whose events wait for the retry of a delivery, newest first')
    .argument(...WEBHOOK_ID)
    .option('--limit <count>', 'Maximum number of keys', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action((id: string, { limit }: { limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.webhooks.blockedKeys(id, page),
        columns: BLOCKED_COLUMNS,
        empty: 'Nothing is blocked',
      }),
    );
}

function addLifecycle(webhooks: Command): void {
  webhooks
    .command('suspend')
    .description('Stop delivery to a webhook and drop its pending deliveries, which you can retry later')
    .argument(...WEBHOOK_ID)
    .option('--reason <text>', 'Reason, shown with the webhook and in the audit log')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(command, (api) => api.webhooks.suspend(id, { ...(reason && { reason }) })),
    );

  webhooks
    .command('reactivate')
    .description(
      'Resume delivery to a suspended webhook; events published while it was suspended are never sent',
    )
    .argument(...WEBHOOK_ID)
    .option('--reason <text>', 'Reason, shown in the audit log')
    .action((id: string, { reason }: { reason?: string }, command: Command) =>
      printResult(command, (api) => api.webhooks.reactivate(id, { ...(reason && { reason }) })),
    );

  webhooks
    .command('delete')
    .description('Delete a webhook and drop its pending deliveries; its history remains')
    .argument(...WEBHOOK_ID)
    .option('--yes', 'Skip the confirmation')
    .action(async (id: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      const { url } = await api.webhooks.get(id);
      if (
        !(await confirm(url === null ? `Delete the webhook ${id}?` : `Delete the webhook for ${url}?`, flags))
      )
        return output.note('Cancelled.');
      await api.webhooks.delete(id);
      output.result({ id, deleted: true }, () => `Deleted ${id}`);
    });
}

function addSigning(webhooks: Command): void {
  webhooks
    .command('test')
    .description('Send one example event now; it is not retried or recorded')
    .argument(...WEBHOOK_ID)
    .argument('<type>', 'Event type')
    .option('--data <json>', 'Its data: JSON, @file, or - for stdin (default: the example of the event type)')
    .action(async (id: string, eventType: string, { data: json }: { data?: string }, command: Command) => {
      const { api, output } = apiContext(command);
      const data =
        json === undefined ? undefined : unchecked<Record<string, unknown>>(await readJson('--data', json));
      const attempt = await api.webhooks.test(id, { eventType, data });
      output.result(
        attempt,
        () =>
          `${details({ ...attempt, request: undefined })}\n${prettyJson(JSON.stringify(attempt.request))}`,
      );
      if (!attempt.succeeded) host().exitCode = 1;
    });

  const rotate = webhooks
    .command('rotate-secret')
    .description('Create a new signing secret, or set yours; requests carry both signatures for a while')
    .argument(...WEBHOOK_ID)
    .option('--overlap-hours <hours>', 'Hours until older secrets expire (default: 24; 0: now)', wholeNumber);
  addSecretOptions(rotate).action(
    async (id: string, { overlapHours, ...flags }: RotateFlags, command: Command) => {
      const secret = await ownSecretOf(flags);
      const change = { ...(overlapHours !== undefined && { overlapHours }), ...secret };
      await printResult(command, (api) => api.webhooks.rotateSecret(id, change));
    },
  );

  webhooks
    .command('secrets')
    .description('List the valid signing secrets, newest first, without their values')
    .argument(...WEBHOOK_ID)
    .option('--limit <count>', 'Maximum number of secrets', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action((id: string, { limit }: { limit: number }, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) => api.webhooks.secrets(id, page),
        columns: SECRET_COLUMNS,
        empty: 'No signing secrets',
      }),
    );

  webhooks
    .command('end-secret')
    .description('End a signing secret now; the last valid one cannot be ended')
    .argument(...WEBHOOK_ID)
    .argument('<secret-id>', 'Secret id (sec_…), from `webhooks secrets`')
    .option('--yes', 'Skip the confirmation')
    .action(async (id: string, secretId: string, flags: { yes?: boolean }, command: Command) => {
      const { api, output } = apiContext(command);
      if (
        !(await confirm(`End the signing secret ${secretId}? Receivers that use it reject requests.`, flags))
      )
        return output.note('Cancelled.');
      await api.webhooks.endSecret(id, secretId);
      output.result({ id: secretId, ended: true }, () => `Ended ${secretId}`);
    });
}
