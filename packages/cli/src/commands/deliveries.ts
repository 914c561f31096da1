import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { host } from '../host/host.js';
import { apiContext, printResult, printList } from '../command/api-command.js';
import { collect } from '../command/collect.js';
import type { DeliveryFilter } from '../deliveries/delivery-filter.js';
import { addGroup, examples } from '../command/help.js';
import {
  listLimit,
  ROW_FORMAT,
  TENANT_FILTER,
  timeAgo,
  wholeNumber,
  withTenant,
} from '../command/options.js';
import { details, table } from '../output/text.js';

type Delivery = components['schemas']['Delivery'];
type RetryResult = components['schemas']['RetryResult'];
type Attempt = components['schemas']['Attempt'];

const ID = ['<delivery>', 'Delivery id, dlv_…'] as const;

const COLUMNS = {
  ID: ({ id }: Delivery) => id,
  STATUS: ({ status }: Delivery) => status,
  REASON: ({ reason, heldReason }: Delivery) => reason ?? (heldReason && `held: ${heldReason}`),
  TYPE: ({ eventType }: Delivery) => eventType,
  WEBHOOK: ({ webhookId }: Delivery) => webhookId,
  ATTEMPTS: ({ attemptCount }: Delivery) => attemptCount,
  LAST: ({ lastStatus, lastError }: Delivery) => lastStatus ?? lastError,
  CREATED: ({ createdAt }: Delivery) => createdAt,
};

const ATTEMPTS = {
  ATTEMPT: ({ number }: Attempt) => number,
  STARTED: ({ startedAt }: Attempt) => startedAt,
  TRIGGER: ({ trigger }: Attempt) => trigger,
  MS: ({ durationMs }: Attempt) => durationMs,
  RESPONSE: ({ responseStatus, error }: Attempt) => responseStatus ?? error?.message,
  BODY: ({ responseBody }: Attempt) => responseBody?.slice(0, 80),
  HEADERS: ({ responseHeaders }: Attempt) => headerList(responseHeaders),
};

const headerList = (headers: Attempt['responseHeaders']): string | null =>
  headers &&
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('; ')
    .slice(0, 200);

const RESULTS = {
  ID: ({ id }: RetryResult) => id,
  RESULT: ({ result }: RetryResult) => result,
  REASON: ({ message }: RetryResult) => message,
};

/** More than the longest retry schedule allows. */
const MAX_ATTEMPTS = 200;

interface ListFlags extends DeliveryFilter {
  response?: string;
  from?: string;
  to?: string;
  limit: number;
}

export function addDeliveries(program: Command): void {
  const deliveries = addGroup(program, 'deliveries', 'Inspect, follow, retry and skip deliveries');
  addReading(deliveries);
  addTail(deliveries);

  deliveries
    .command('retry')
    .description('Send deliveries now, also pending ones; their webhooks must be active')
    .argument('<deliveries...>', 'Delivery ids, dlv_…')
    .action(retry);

  deliveries
    .command('skip')
    .description('End a pending delivery in order (canSkip), without success; the next one is sent')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.deliveries.skip(id)),
    );
}

/** Maximum number of ids in one call. */
const MAX_IDS = 100;

async function retry(ids: string[], _flags: object, command: Command): Promise<void> {
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0)
    return printResult(command, (api) => api.deliveries.retry(only));
  const { api, output } = apiContext(command);
  const results: RetryResult[] = [];
  for (let first = 0; first < ids.length; first += MAX_IDS)
    results.push(...(await api.deliveries.retrySelected({ ids: ids.slice(first, first + MAX_IDS) })).results);
  if (results.some(({ result }) => result === 'rejected')) host().exitCode = 1;
  output.result(results, () => table(results, RESULTS, ''));
}

function addReading(deliveries: Command): void {
  withFilters(deliveries.command('list').description('List deliveries, newest first'))
    .option(
      '--status <statuses>',
      'Filter by status, comma-separated: pending, retrying, held, succeeded, failed, dropped',
    )
    .option('--response <statuses>', 'Filter by the last HTTP status, comma-separated: 503, 5xx, none')
    .option('--from <time>', 'Created at or after: RFC 3339, or 2h for two hours ago', timeAgo)
    .option('--to <time>', 'Created before', timeAgo)
    .option('--limit <count>', 'Maximum number of deliveries', listLimit, 50)
    .addOption(ROW_FORMAT)
    .addHelpText(
      'after',
      examples(
        'posthorn deliveries list --status failed --from 1d',
        'posthorn deliveries list --status retrying,failed --response 5xx,none',
      ),
    )
    .action(({ webhook, status, response, type, from, to, tenant, limit }: ListFlags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) =>
          api.deliveries.list({
            webhookId: webhook,
            status,
            responseStatus: response,
            eventType: type,
            from,
            to,
            tenantId: tenant,
            ...page,
          }),
        columns: withTenant(tenant, COLUMNS),
        empty: 'No deliveries',
      }),
    );

  deliveries
    .command('get')
    .description('Show a delivery and its attempts')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(
        command,
        async (api) => ({
          ...(await api.deliveries.get(id)),
          attempts: await collect(api.deliveries.attempts(id), MAX_ATTEMPTS),
        }),
        ({ attempts, ...delivery }) =>
          `${details(delivery)}\n\n${table(attempts.toReversed(), ATTEMPTS, 'No attempts yet')}`,
      ),
    );
}

interface TailFlags extends DeliveryFilter {
  last: number;
}

function addTail(deliveries: Command): void {
  withFilters(deliveries.command('tail').description('Follow deliveries and their status until Ctrl-C'))
    .option('--status <statuses>', 'Filter by status, comma-separated: pending, succeeded, failed, dropped')
    .option('-n, --last <count>', 'Number of existing deliveries to show first', wholeNumber, 10)
    .addHelpText(
      'after',
      examples('posthorn deliveries tail --webhook wh_…', 'posthorn deliveries tail --status failed --json'),
    )
    .action(async (flags: TailFlags, command: Command) => {
      const { tailDeliveries } = await import('../deliveries/tail-deliveries.js');
      await tailDeliveries(apiContext(command), flags);
    });
}

function withFilters(command: Command): Command {
  return command
    .option('--webhook <webhook>', 'Filter by webhook, wh_…')
    .option('--type <type>', 'Filter by event type')
    .option(...TENANT_FILTER);
}
