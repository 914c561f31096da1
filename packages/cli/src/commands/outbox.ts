import { isMariadbUrl, MARIADB_URL_FORMAT, parseMariadbUrl } from '@posthorn/core';
import type { OutboxState } from '@posthorn/database/outbox';
import type { Command } from 'commander';
import { addGroup, examples } from '../command/help.js';
import { outputOf } from '../output/output.js';
import { UsageError } from '../command/usage-error.js';

/** With those of the program, which parses --url as its own wherever it is written. */
interface DatabaseFlags {
  url?: string;
}

interface InstallFlags extends DatabaseFlags {
  print?: boolean;
  notify?: boolean;
  publisher: string[];
  reader: string[];
}

/** Adds `outbox`, for the databases of applications that publish in their own transactions. */
export function addOutbox(program: Command): void {
  const group = addGroup(program, 'outbox', 'Set up an outbox in the database of your application');
  addInstall(group);
  addStatus(group);
}

function addInstall(group: Command): void {
  group
    .command('install')
    .description(
      'Create the table of the outbox and the functions or procedures that publish; can be repeated',
    )
    .option('--url <url>', DATABASE)
    .option(
      '--print',
      'Print the SQL for the database, or else for PostgreSQL, to run it with your own migrations',
    )
    .option(
      '--publisher <role>',
      'Role or MariaDB user of your application that may publish; can be repeated',
      append,
      [],
    )
    .option(
      '--reader <role>',
      'Role or MariaDB user in POSTHORN_OUTBOXES that reads and deletes rows; can be repeated',
      append,
      [],
    )
    .option(
      '--notify',
      'Notify the producers of each insert, in PostgreSQL; see docs/outbox.md for the costs',
    )
    .addHelpText(
      'after',
      `
The roles must exist; a superuser or the owner of the database needs no rights. A user of MariaDB is NAME or NAME@HOST.
${examples('posthorn outbox install --url postgresql://…/shop --publisher shop --reader posthorn', 'posthorn outbox install --url mariadb://…/shop --publisher shop', 'posthorn outbox install --print > migrations/outbox.sql')}`,
    )
    .action(async (_flags: InstallFlags, command: Command) => {
      const { installOutboxAt, outboxSql } = await import('@posthorn/database/outbox');
      const { url, print, notify = false, publisher, reader } = command.optsWithGlobals<InstallFlags>();
      const installation = { publishers: publisher, readers: reader, notifies: notify };
      if (url === undefined && !print)
        throw new UsageError('Set --url to the database of your application, or use --print.');
      if (url !== undefined) requireDatabase(url);
      if (notify && url !== undefined && isMariadbUrl(url))
        throw new UsageError('MariaDB has no notifications: use --notify with PostgreSQL.');
      if (print || url === undefined) {
        const sql = outboxSql(url, installation);
        return outputOf(command).result({ sql }, () => sql);
      }
      await installOutboxAt({ url, applicationName: APPLICATION_NAME }, installation);
      outputOf(command).result({ installed: true }, () => 'The outbox is installed');
    });
}

function addStatus(group: Command): void {
  group
    .command('status')
    .description('Count the rows that wait in an outbox')
    .option('--url <url>', DATABASE)
    .addHelpText('after', examples('posthorn outbox status --url postgresql://…/shop'))
    .action(async (_flags: DatabaseFlags, command: Command) => {
      const { MAX_COUNTED_ROWS } = await import('@posthorn/database/outbox');
      const { url } = command.optsWithGlobals<DatabaseFlags>();
      if (url === undefined) throw new UsageError('Set --url to the database of your application.');
      requireDatabase(url);
      const { rows, oldestSeconds } = await readState(url);
      outputOf(command).result({ rows, oldestSeconds }, () => {
        if (rows === 0) return 'The outbox is empty';
        const count = rows === MAX_COUNTED_ROWS ? `At least ${rows}` : `${rows}`;
        return `${count} ${rows === 1 ? 'row waits' : 'rows wait'}, the oldest for ${Math.round(oldestSeconds)} s`;
      });
    });
}

const DATABASE = 'Database of your application: PostgreSQL 13 or newer, or MariaDB 10.11';

/** Appends a value of an option that can be repeated. */
const append = (role: string, roles: string[]): string[] => [...roles, role];

async function readState(url: string): Promise<OutboxState> {
  const { openOutbox, readWholeOutboxState } = await import('@posthorn/database/outbox');
  const source = await openOutbox({ url, applicationName: APPLICATION_NAME, max: 1 });
  try {
    return await readWholeOutboxState(source);
  } finally {
    await source.stop();
  }
}

const APPLICATION_NAME = 'posthorn outbox';

/** @throws UsageError, without the URL, which may contain a password */
function requireDatabase(url: string): void {
  const isMariadb = isMariadbUrl(url);
  if (isMariadb && parseMariadbUrl(url) === null)
    throw new UsageError(`--url must be ${MARIADB_URL_FORMAT}.`);
  if (!isMariadb && !/^postgres(?:ql)?:\/\//.test(url))
    throw new UsageError(
      '--url must be the database of your application, postgresql://… or mariadb://…: this command does not use the API.',
    );
}
