import type { Command } from 'commander';
import { examples } from '../examples.js';
import { outputOf } from '../output/output.js';
import { UsageError } from '../usage-error.js';

/** For those who run the services themselves. */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('bring the database of DATABASE_URL up to date')
    .addHelpText('after', examples('DATABASE_URL=postgresql://… posthorn migrate'))
    .action(async (_flags: object, command: Command) => {
      const url = process.env['DATABASE_URL'];
      if (!url) throw new UsageError('DATABASE_URL is not set: it names the PostgreSQL database to migrate');
      const { migrate } = await import('@posthorn/database');
      const done = await migrate(url);
      outputOf(command).result(done, () =>
        done.applied.length === 0
          ? 'the database is up to date'
          : done.applied.map((name) => `applied ${name}`).join('\n'),
      );
    });
}
