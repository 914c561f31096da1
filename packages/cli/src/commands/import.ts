import { type Command, Option } from 'commander';
import { host } from '../host/host.js';
import { apiContext } from '../command/api-command.js';
import { addGroup, examples } from '../command/help.js';
import { confirm } from '../command/confirm.js';
import type { OutpostMode } from '../import/from-outpost.js';
import type { MissingPolicy } from '../import/missing-webhooks.js';
import type { ImportSource } from '../import/records.js';
import { ACTIONS, type Action, type Result } from '../import/result.js';
import { list, readJson, unchecked, wholeNumber } from '../command/options.js';
import type { Output } from '../output/output.js';
import { bold } from '../output/style.js';
import { table } from '../output/text.js';
import { UsageError } from '../command/usage-error.js';
import { assertWebUrl } from '../command/web-url.js';

interface ImportFlags {
  dryRun?: boolean;
  replace?: boolean;
  sync?: boolean;
  suspend?: boolean;
  delete?: boolean;
  maxMissing?: number;
  exclude?: string[];
  deliveryFormat?: string;
  yes?: boolean;
  attest?: string;
  shadow?: boolean;
}

interface ServerFlags extends ImportFlags {
  serverUrl?: string;
  token?: string;
}

interface OutpostFlags extends ServerFlags {
  tenant?: string[];
  webhookMode: OutpostMode;
}

const COLUMNS = {
  KIND: ({ kind }: Result) => kind,
  TENANT: ({ tenant }: Result) => tenant,
  NAME: ({ name }: Result) => name,
  ACTION: ({ action }: Result) => action,
  NOTES: ({ notes }: Result) => notes.join('; '),
};

const PROGRESS_EVERY = 100;

export function addImport(program: Command): void {
  const group = addGroup(program, 'import', 'Move tenants, event types and webhooks from another product');
  const server = (name: string, description: string, url: string) =>
    withFlags(
      group
        .command(name)
        .description(description)
        .option('--server-url <url>', `URL of its API (default: ${url})`)
        .option('--token <token>', 'Its API token (env: POSTHORN_IMPORT_TOKEN)'),
    );

  server('svix', 'Import applications, endpoints and event types from Svix', SVIX_URL)
    .option('--white-label', 'The server has WHITELABEL_HEADERS: receivers verify webhook- headers')
    .action((flags: ServerFlags & { whiteLabel?: boolean }, command: Command) =>
      runCommand(flags, command, async () => {
        const { fromSvix } = await import('../import/from-svix.js');
        const isWhiteLabeled = flags.whiteLabel ?? false;
        return fromSvix(await sourceApiOf(flags, SVIX_URL), { isWhiteLabeled });
      }),
    );

  server('convoy', 'Import endpoints, subscriptions and event types from a Convoy project', CONVOY_URL)
    .requiredOption('--project <id>', 'Id of the project')
    .action((flags: ServerFlags & { project: string }, command: Command) =>
      runCommand(flags, command, async () => {
        const { fromConvoy } = await import('../import/from-convoy.js');
        return fromConvoy(await sourceApiOf(flags, CONVOY_URL), flags.project);
      }),
    );

  server('outpost', 'Import tenants, webhook destinations and topics from Outpost', OUTPOST_URL)
    .option('--tenant <ids>', 'Only these tenants; required if its Redis has no RediSearch', list)
    .addOption(
      new Option('--webhook-mode <mode>', 'Its setting WEBHOOK_MODE: what receivers verify')
        .choices(['default', 'standard'])
        .default('default'),
    )
    .action((flags: OutpostFlags, command: Command) =>
      runCommand(flags, command, async () => {
        const { fromOutpost } = await import('../import/from-outpost.js');
        const options = { mode: flags.webhookMode, tenants: flags.tenant };
        return fromOutpost(await sourceApiOf(flags, OUTPOST_URL), options);
      }),
    );

  for (const format of ['csv', 'ndjson'] as const)
    withFlags(group.command(format).description(FILES[format]).argument('<file>', 'The file')).action(
      (file: string, flags: ImportFlags, command: Command) =>
        runCommand(flags, command, async () => {
          const { fromFile } = await import('../import/from-file.js');
          return fromFile(file, format);
        }),
    );
}

const SVIX_URL = 'https://api.svix.com';
const CONVOY_URL = 'http://localhost:5005';
const OUTPOST_URL = 'http://localhost:3333/api/v1';

const FILES = {
  csv: 'Import webhooks from a CSV file, one per row',
  ndjson: 'Import tenants, event types and webhooks from a file with one JSON object per line',
};

function withFlags(command: Command): Command {
  return command
    .option('--dry-run', 'Show what would be imported, what not, and why')
    .addOption(
      new Option(
        '--replace',
        'Replace the settings of webhooks that exist; by default they stay as they are',
      ).conflicts('sync'),
    )
    .option('--sync', 'Follow what changed in the source since the last import; changes made by hand stay')
    .option(
      '--suspend',
      'With --sync: suspend webhooks that are disabled in the source, or not in it any more',
    )
    .option(
      '--delete',
      'With --sync: suspend webhooks that are not in the source any more, and delete those that an earlier import has suspended',
    )
    .option(
      '--max-missing <count>',
      'With --suspend or --delete: how many missing webhooks may end (default: 10, and 10 % of all)',
      wholeNumber,
    )
    .option(
      '--exclude <urls>',
      'Leave out webhooks with these URLs or below them; endpoints of posthorn record are left out anyway',
      list,
    )
    .option(
      '--delivery-format <json>',
      'Format of all webhooks, instead of that of the product; @file or - (stdin)',
    )
    .option(
      '--attest <reason>',
      'Activate enabled webhooks without a code (requires POSTHORN_ATTESTATION_UNTIL)',
    )
    .option('--shadow', 'Create webhooks as shadows, to which nothing is sent')
    .option('-y, --yes', 'Do not ask before webhooks are activated beside a running source')
    .addHelpText(
      'after',
      `${examples(`posthorn import ${command.name()} … --dry-run`)}\n\nAn import can be repeated: it continues where it stopped. The exit code is 1 if something failed.`,
    );
}

async function sourceApiOf(
  { serverUrl, token = host().env['POSTHORN_IMPORT_TOKEN'] }: ServerFlags,
  url: string,
) {
  if (!token) throw new UsageError('Pass the API token with --token or in POSTHORN_IMPORT_TOKEN.');
  const { sourceApi } = await import('../import/source-api.js');
  return sourceApi({ url: serverUrl ?? url, token });
}

async function runCommand(
  flags: ImportFlags,
  command: Command,
  open: () => Promise<ImportSource>,
): Promise<void> {
  const { dryRun = false, replace, sync, shadow = false, suspend = false, attest, exclude = [] } = flags;
  for (const url of exclude) assertWebUrl('--exclude', url);
  if (!sync && (suspend || flags.delete)) throw new UsageError('--suspend and --delete need --sync.');
  const policy = missingPolicy(flags);
  const { api, output } = apiContext(command);
  const [{ Importer }, { MissingWebhooks }, { runImport }] = await Promise.all([
    import('../import/importer.js'),
    import('../import/missing-webhooks.js'),
    import('../import/run-import.js'),
  ]);
  const source = await open();
  const deliveryFormat = await formatOf(flags);
  if (!(await mayActivate(source, flags))) return output.note('Cancelled.');
  if (dryRun && source.isLive && flags.deliveryFormat === undefined)
    output.note(`Assumes that receivers verify ${source.format}.`);
  const mode = sync ? 'sync' : replace ? 'replace' : 'create';
  const options = { source: source.name, dryRun, mode, shadow, suspend, attest, deliveryFormat } as const;
  const results: Result[] = [];
  const missing =
    policy === 'ignore'
      ? undefined
      : new MissingWebhooks(api, source, {
          policy,
          dryRun,
          max: flags.maxMissing,
        });
  try {
    for await (const result of runImport(source, new Importer(api, options), { missing, exclude })) {
      results.push(result);
      if (results.length % PROGRESS_EVERY === 0) output.note(`${results.length} items`);
    }
  } finally {
    report(output, results, dryRun);
  }
  if (results.some(({ action }) => action === 'failed')) host().exitCode = 1;
}

function missingPolicy(flags: ImportFlags): MissingPolicy {
  if (!flags.sync) return 'ignore';
  if (flags.delete) return 'delete';
  return flags.suspend ? 'suspend' : 'report';
}

async function formatOf({ deliveryFormat }: ImportFlags): Promise<Record<string, unknown> | undefined> {
  return deliveryFormat === undefined
    ? undefined
    : unchecked(await readJson('--delivery-format', deliveryFormat));
}

/** Asks before webhooks are activated to which a running source sends, too. */
async function mayActivate(source: ImportSource, flags: ImportFlags): Promise<boolean> {
  if (!source.isLive || flags.attest === undefined || flags.shadow || flags.dryRun) return true;
  const format = flags.deliveryFormat === undefined ? source.format : 'the format that you passed';
  const question =
    `${source.name} still sends to these webhooks. Without --shadow, Posthorn sends to them, too, as soon as events are published, ` +
    `and they verify ${format}. Activate them?`;
  return confirm(question, flags.yes === undefined ? {} : { yes: flags.yes });
}

/** Prints everything of a dry run, and of an import what needs attention. */
function report(output: Output, results: Result[], dryRun: boolean): void {
  const shown = dryRun
    ? results
    : results.filter(({ action, notes }) => action === 'failed' || notes.length > 0);
  output.result(results, () => `${table(shown, COLUMNS, 'No notes')}\n\n${bold(summary(results, dryRun))}`);
}

const LABELS: Record<Action, [done: string, planned: string]> = {
  create: ['created', 'to create'],
  update: ['updated', 'to update'],
  exists: ['existed', 'exist'],
  suspend: ['suspended', 'to suspend'],
  delete: ['deleted', 'to delete'],
  skip: ['not imported', 'not to be imported'],
  failed: ['failed', 'fail'],
};

function summary(results: Result[], dryRun: boolean): string {
  const counts = ACTIONS.map((action) => ({
    label: LABELS[action][dryRun ? 1 : 0],
    count: results.filter((result) => result.action === action).length,
  }));
  return counts
    .filter(({ count }) => count > 0)
    .map(({ label, count }) => `${count} ${label}`)
    .join(', ');
}
