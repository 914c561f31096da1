import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { apiContext, printList, printResult } from '../command/api-command.js';
import { collect } from '../command/collect.js';
import { confirm } from '../command/confirm.js';
import { addGroup, examples } from '../command/help.js';
import { listLimit, ROW_FORMAT, TENANT_FILTER } from '../command/options.js';
import { releaseAfter } from '../erasures/release-after.js';
import { details } from '../output/text.js';
import { UsageError } from '../command/usage-error.js';

type Erasure = components['schemas']['Erasure'];

const ID = ['<erasure>', 'Erasure id, ers_…'] as const;

const COLUMNS = {
  ID: ({ id }: Erasure) => id,
  STATUS: ({ status }: Erasure) => status,
  KIND: ({ kind }: Erasure) => kind,
  TENANT: ({ tenantId }: Erasure) => tenantId,
  TARGET: ({ eventId, key }: Erasure) => eventId ?? key,
  ERASED: ({ done, total }: Erasure) => `${done} of ${total}`,
  CREATED: ({ createdAt }: Erasure) => createdAt,
};

interface CreateFlags {
  event?: string;
  tenant?: string;
  key?: string;
  value?: string;
  dryRun?: true;
  yes?: boolean;
}

export function addErasures(program: Command): void {
  const erasures = addGroup(program, 'erasures', 'Erase the data of an event, a person or a tenant');
  addCreate(erasures);
  erasures
    .command('list')
    .description('List erasures, newest first')
    .option('--status <status>', 'Filter by status: running, completed or failed')
    .option(...TENANT_FILTER)
    .option('--limit <count>', 'Maximum number of erasures', listLimit, 50)
    .addOption(ROW_FORMAT)
    .action(
      (
        { status, tenant, limit }: { status?: Erasure['status']; tenant?: string; limit: number },
        command: Command,
      ) =>
        printList(command, {
          limit,
          rows: (api, page) => api.erasures.list({ status, tenantId: tenant, ...page }),
          columns: COLUMNS,
          empty: 'No erasures',
        }),
    );
  erasures
    .command('show')
    .description('Show an erasure and its progress')
    .argument(...ID)
    .action((id: string, _flags: object, command: Command) =>
      printResult(command, (api) => api.erasures.get(id), text),
    );
  addReceipts(erasures);
}

function addCreate(erasures: Command): void {
  erasures
    .command('create')
    .description('Erase data; this cannot be undone')
    .option('--event <event>', 'Erase this event, evt_…')
    .option('--tenant <tenant>', 'The tenant; without --key it is deleted and erased')
    .option(
      '--key <pointer>',
      'Erase the events that have the value here: a JSON Pointer into data, such as /customer/id',
    )
    .option('--value <value>', 'The value of --key')
    .option('--dry-run', 'Only count what is known')
    .option('-y, --yes', 'Do not ask for confirmation')
    .addHelpText(
      'after',
      examples(
        'posthorn erasures create --event evt_…',
        'posthorn erasures create --tenant ext:acme --key /customer/id --value cus_1 --dry-run',
        'posthorn erasures create --tenant ext:acme --yes',
      ),
    )
    .action(create);
}

async function create({ yes = false, dryRun, ...flags }: CreateFlags, command: Command): Promise<void> {
  const { api, output } = apiContext(command);
  const body = { eventId: flags.event, tenantId: flags.tenant, key: flags.key, value: flags.value };
  const preview = await api.erasures.create({ ...body, dryRun: true });
  if (dryRun) return output.result(preview, () => `Events known to be erased: ${preview.total}`);
  const ofTenant = flags.event === undefined && flags.key === undefined;
  const target = ofTenant
    ? `the tenant ${flags.tenant} and all its data`
    : `${preview.total} known events, and those that a scan finds`;
  if (!(await confirm(`Erase ${target}? This cannot be undone.`, { yes }))) return output.note('Cancelled.');
  const { id } = await api.erasures.create(body);
  if (id === null) return;
  const erasure = await api.erasures.get(id);
  output.result(erasure, () => text(erasure));
  output.note(`Its progress: posthorn erasures show ${id}`);
}

function addReceipts(erasures: Command): void {
  erasures
    .command('receipts')
    .description(
      'Print the receipts of all erasures, oldest first, one per line, to be stored outside of the database',
    )
    .addHelpText('after', examples('posthorn erasures receipts > receipts.txt'))
    .action(async (_flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const all = await collect(api.erasures.list({ limit: 200 }));
      const receipts = all.toReversed().flatMap(({ receipt }) => receipt ?? []);
      output.result(receipts, () => receipts.join('\n'));
    });
  erasures
    .command('replay')
    .description('Repeat erasures after the restore of a backup, wait for them, and release the database')
    .argument('<file>', 'The output of posthorn erasures receipts')
    .option('-y, --yes', 'Do not ask for confirmation')
    .action(replay);
}

async function replay(file: string, flags: { yes?: boolean }, command: Command): Promise<void> {
  const { api, output } = apiContext(command);
  const receipts = receiptsIn(await readFile(file, 'utf8'));
  if (receipts.length === 0)
    throw new UsageError(`No receipts in ${file}. If nothing was erased, run: posthorn quarantine release`);
  if (!(await confirm(`Repeat ${receipts.length} erasures?`, flags))) return output.note('Cancelled.');
  const repeated: string[] = [];
  let gone = 0;
  for (const receipt of receipts) {
    try {
      const { id } = await api.erasures.create({ receipt });
      if (id !== null) repeated.push(id);
    } catch (error) {
      // The backup has neither the event nor the tenant.
      if (!isNotFound(error)) throw error;
      gone += 1;
    }
  }
  const released = await releaseAfter(repeated, { api, output });
  output.result(
    { repeated, gone, released },
    () =>
      `Erasures: ${repeated.length}, without data in this database: ${gone}${released ? '. The database is released.' : ''}`,
  );
}

/** Reads lines, or the JSON array that --json prints. */
const receiptsIn = (text: string): string[] =>
  text.trimStart().startsWith('[')
    ? JSON.parse(text)
    : text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'not_found';

const text = ({ counts, receipt: _receipt, ...erasure }: Erasure): string =>
  details({ ...erasure, ...counts });
