import type { Pool } from '@posthorn/database';
import type { Command } from 'commander';
import { addGroup, examples } from '../help.js';
import { outputOf } from '../output/output.js';
import { UsageError } from '../usage-error.js';

interface DatabaseFlags {
  database: string;
}

interface InstallFlags extends Partial<DatabaseFlags> {
  print?: boolean;
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
    .description('Create the schema posthorn with the table outbox and the function publish; can be repeated')
    .option('--database <url>', DATABASE)
    .option('--print', 'Print the SQL, to run it with your own migrations')
    .option('--publisher <role>', 'Role of your application that may publish; can be repeated', append, [])
    .option(
      '--reader <role>',
      'Role in POSTHORN_OUTBOXES that reads and deletes rows; can be repeated',
      append,
      [],
    )
    .addHelpText(
      'after',
      `
The roles must exist; a superuser or the owner of the database needs no rights.
${examples('posthorn outbox install --database postgresql://…/shop --publisher shop --reader posthorn', 'posthorn outbox install --print > migrations/outbox.sql')}`,
    )
    .action(async ({ database, print, publisher, reader }: InstallFlags, command: Command) => {
      const { INSTALL_OUTBOX, grantOutbox, installOutbox } = await import('@posthorn/database');
      const roles = { publishers: publisher, readers: reader };
      const sql = `${INSTALL_OUTBOX}\n${grantOutbox(roles)}`.trim();
      if (print) return outputOf(command).result({ sql }, () => sql);
      if (database === undefined)
        throw new UsageError('Set --database to the database of your application, or use --print.');
      await withDatabase(database, (pool) => installOutbox(pool, roles));
      outputOf(command).result({ installed: true }, () => 'The outbox is installed');
    });
}

function addStatus(group: Command): void {
  group
    .command('status')
    .description('Count the rows that wait in an outbox')
    .requiredOption('--database <url>', DATABASE)
    .addHelpText('after', examples('posthorn outbox status --database postgresql://…/shop'))
    .action(async ({ database }: DatabaseFlags, command: Command) => {
      const { MAX_COUNTED_ROWS, readWholeOutboxState } = await import('@posthorn/database');
      const { rows, oldestSeconds } = await withDatabase(database, readWholeOutboxState);
      outputOf(command).result({ rows, oldestSeconds }, () => {
        if (rows === 0) return 'The outbox is empty';
        const count = rows === MAX_COUNTED_ROWS ? `At least ${rows}` : `${rows}`;
        return `${count} ${rows === 1 ? 'row waits' : 'rows wait'}, the oldest for ${Math.round(oldestSeconds)} s`;
      });
    });
}

const DATABASE = 'PostgreSQL database of your application, 13 or newer';

/** Appends a value of an option that can be repeated. */
const append = (role: string, roles: string[]): string[] => [...roles, role];

async function withDatabase<Result>(url: string, work: (pool: Pool) => Promise<Result>): Promise<Result> {
  const { connect } = await import('@posthorn/database');
  const database = connect({ url, applicationName: 'posthorn outbox', max: 1 });
  try {
    return await work(database.pool);
  } finally {
    await database.stop();
  }
}
