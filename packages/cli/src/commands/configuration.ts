import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { PosthornError } from '@posthorn/sdk';
import type { Command } from 'commander';
import { host, resolvePath } from '../host/host.js';
import { apiContext } from '../command/api-command.js';
import { applyChange } from '../configuration/named-errors.js';
import type { PlannedChange } from '../configuration/planned-change.js';
import type { Configuration } from '../configuration/schema.js';
import { confirm } from '../command/confirm.js';
import { examples } from '../command/help.js';
import { unchecked } from '../command/options.js';
import { bold, dim, paint, printable } from '../output/style.js';
import { parseErrorReason } from '../command/parse-error.js';
import { cannotRead, UsageError } from '../command/usage-error.js';

const MAX_FILE_BYTES = 64 * 1024 * 1024;

const NO_EGRESS =
  'The API key may not read proxies and private networks (egress): they are missing. With another key, apply would reset them.';

interface ApplyFlags {
  dryRun?: boolean;
  prune?: boolean;
  yes?: boolean;
}

export function addConfiguration(program: Command): void {
  program
    .command('export')
    .description('Print event types, tenants and webhooks as YAML, to keep in version control')
    .addHelpText('after', examples('posthorn export > posthorn.yaml'))
    .action(async (_flags: object, command: Command) => {
      const { api, output } = apiContext(command);
      const [{ readInstallation, toCurrent }, { stringify }] = await Promise.all([
        import('../configuration/read-current.js'),
        import('yaml'),
      ]);
      const { configuration: present, hasEgress } = toCurrent(await readInstallation(api));
      if (!hasEgress) output.note(NO_EGRESS);
      output.result(present, () => stringify(present).trimEnd());
    });

  program
    .command('apply')
    .description('Apply a YAML file: create and update event types, tenants and webhooks to match it')
    .argument('<file>', 'A file as printed by posthorn export; - for stdin')
    .option('--dry-run', 'Only show the differences')
    .option('--prune', 'Also delete event types and webhooks that are not in the file')
    .option('-y, --yes', 'Do not ask for confirmation')
    .addHelpText(
      'after',
      `${examples('posthorn apply posthorn.yaml --dry-run', 'posthorn apply posthorn.yaml --yes')}\n\nAbsent settings mean their default. Secrets and headers can be references to variables: {env: NAME}. A new webhook needs its secret, or {generate: true}. Tenants are never deleted.`,
    )
    .action(apply);
}

async function apply(
  file: string,
  { dryRun = false, prune = false, yes }: ApplyFlags,
  command: Command,
): Promise<void> {
  const { api, output } = apiContext(command);
  const { planTagged } = await import('../configuration/plan-tagged.js');
  const changes = await planTagged(api, await readConfiguration(file), { prune, env: host().env });
  const plain = changes.map(({ apply: _apply, webhookId: _id, ...change }) => change);
  if (dryRun || changes.length === 0) return output.result(plain, () => planText(changes));
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  output.note(planText(changes));
  if (!(await confirm(`Apply ${count}?`, yes === undefined ? {} : { yes }))) return output.note('Cancelled.');
  for (const change of changes) {
    const result = await applyChange(change, api).catch((error: unknown) => throwOvertaken(change, error));
    output.note(`${titleOf(change)}: done`);
    if (change.generatesSecret) output.note(`Save the secret: it won't be shown again: ${secretIn(result)}`);
  }
  output.result(plain, () => `Applied ${count}`);
}

const secretIn = (result: unknown): string => unchecked<{ secret: string }>(result).secret;

/** Codes of the API for a webhook that changed after it was read. */
const OVERTAKEN: Record<PlannedChange['action'], readonly string[]> = {
  create: ['conflict'],
  update: ['precondition_failed', 'not_found'],
  delete: ['precondition_failed', 'not_found'],
};

/** Throws an error that names the webhook if it has changed since it was read. */
function throwOvertaken({ action, name, tenant }: PlannedChange, error: unknown): never {
  const isOvertaken =
    tenant !== undefined && error instanceof PosthornError && OVERTAKEN[action].includes(error.code);
  if (!isOvertaken) throw error;
  const { code, requestId, status } = error;
  throw new PosthornError(
    `The webhook ${name} of ${tenant} has changed since it was read. Run apply again.`,
    { code, requestId, cause: error, ...(status !== undefined && { status }) },
  );
}

/** @throws UsageError if the file cannot be read or is invalid */
async function readConfiguration(file: string): Promise<Configuration> {
  const [{ configuration }, { parse }] = await Promise.all([
    import('../configuration/schema.js'),
    import('yaml'),
  ]);
  const text = await readText(file);
  if (text.length > MAX_FILE_BYTES) throw new UsageError(`${file} is larger than ${MAX_FILE_BYTES} bytes`);
  try {
    return configuration.parse(parse(text));
  } catch (error) {
    throw new UsageError(`${file}: ${parseErrorReason(error)}`, { cause: error });
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await (file === '-' ? textOf(host().stdin) : readFile(resolvePath(file), 'utf8'));
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function planText(changes: PlannedChange[]): string {
  if (changes.length === 0) return 'No differences';
  return changes.map((change) => [titleOf(change), ...change.fields.map(fieldText)].join('\n')).join('\n');
}

const SIGNS = { create: ['+', 'green'], update: ['~', 'yellow'], delete: ['-', 'red'] } as const;

function titleOf({ action, kind, name, tenant }: PlannedChange): string {
  const [sign, colour] = SIGNS[action];
  const place = tenant === undefined ? '' : dim(` of ${printable(tenant)}`);
  return `${paint(colour, sign)} ${kind} ${bold(printable(name))}${place}`;
}

function fieldText({ name, before, after }: PlannedChange['fields'][number]): string {
  return printable(`    ${name}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
}
