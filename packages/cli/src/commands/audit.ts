import type { components } from '@posthorn/sdk';
import { type Command, InvalidArgumentError } from 'commander';
import { apiContext, printList } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { listLimit, ROW_FORMAT, TENANT_FILTER, timeAgo, unchecked, withTenant } from '../command/options.js';

type AuditEntry = components['schemas']['AuditEntry'];

const COLUMNS = {
  CREATED: ({ createdAt }: AuditEntry) => createdAt,
  ACTOR: ({ actor }: AuditEntry) => actor.name,
  ACTION: ({ action }: AuditEntry) => action,
  TARGET: ({ target }: AuditEntry) => target,
  NAME: ({ targetName }: AuditEntry) => targetName,
  CHANGED: ({ before, after }: AuditEntry) => Object.keys(after ?? before ?? {}),
};

interface Flags {
  from?: string;
  to?: string;
  action?: string;
  target?: string;
  actor?: string;
  tenant?: string;
  signIns?: boolean;
  limit: number;
}

export function addAudit(program: Command): void {
  const audit = program
    .command('audit')
    .description('List changes and who made them; verify and export them');
  addList(audit);
  addVerify(audit);
  addExport(audit);
}

/** A command of its own: with options of `audit` itself, its other commands could not have the same ones. */
function addList(audit: Command): void {
  audit
    .command('list', { isDefault: true })
    .description('List changes and who made them, newest first (requires the admin:read scope)')
    .option('--from <time>', 'Made at or after: RFC 3339, or 2h for two hours ago', timeAgo)
    .option('--to <time>', 'Made before', timeAgo)
    .option('--action <action>', 'Filter by action, such as webhook.suspended')
    .option('--target <id>', 'Filter by the changed resource: its id, or the name of an event type')
    .option('--actor <id>', 'Filter by the API key or person that made the change, key_… or per_…')
    .option(...TENANT_FILTER)
    .option('--sign-ins', 'List sign-ins and sign-outs instead')
    .option('--limit <count>', 'Maximum number of entries', listLimit, 50)
    .addOption(ROW_FORMAT)
    .addHelpText(
      'after',
      examples('posthorn audit --from 1d', 'posthorn audit --target wh_… --json | jq .[0].before'),
    )
    .action(({ actor, tenant, action, signIns, limit, ...filter }: Flags, command: Command) =>
      printList(command, {
        limit,
        rows: (api, page) =>
          api.auditEntries.list({
            ...filter,
            action: unchecked<AuditEntry['action'] | undefined>(action),
            ...(actor?.startsWith('per_') ? { actorPersonId: actor } : { actorKeyId: actor }),
            tenantId: tenant,
            // An action can be that of a sign-in.
            signIns: signIns ?? (action === undefined ? false : undefined),
            ...page,
          }),
        columns: withTenant(tenant, COLUMNS),
        empty: 'No audit entries',
      }),
    );
}

/** Parses the number of an entry and its hash. */
function chainPlace(value: string): string {
  if (!/^\d{1,15}:[0-9a-f]{64}$/.test(value))
    throw new InvalidArgumentError(
      'Must be NUMBER:HASH with 64 hexadecimal digits, as posthorn audit verify prints them.',
    );
  return value;
}

function addVerify(audit: Command): void {
  audit
    .command('verify')
    .description(
      'Check the chain of the audit log (requires a key for all tenants with the admin:read scope)',
    )
    .option('--from <number:hash>', 'Begin after an entry, and check that it still has this hash', chainPlace)
    .addHelpText(
      'after',
      `
Exits with 1 if an entry is missing, was changed, or is dated more than an hour before those that were added before it. Keep the last number
and hash outside of Posthorn, and give them to the next check: only so it shows that the whole chain was computed again.
${examples('posthorn audit verify', 'posthorn audit verify --from 4711:5f0c…', 'posthorn audit verify --json')}`,
    )
    .action(async (flags: { from?: string }, command: Command) => {
      const { verifyAudit } = await import('../audit/verify-audit.js');
      await verifyAudit(apiContext(command), flags);
    });
}

function addExport(audit: Command): void {
  audit
    .command('export')
    .description('Write the audit log of all tenants to a file, as NDJSON in the order of the chain')
    .requiredOption('-o, --output <file>', 'The file, which only you can read')
    .option('--resume', 'Continue the file after its last entry')
    .addHelpText(
      'after',
      examples('posthorn audit export -o audit.ndjson', 'posthorn audit export -o audit.ndjson --resume'),
    )
    .action(async (flags: { output: string; resume?: boolean }, command: Command) => {
      const { exportAudit } = await import('../export/export-tenant.js');
      await exportAudit(apiContext(command), flags);
    });
}
