import type { Command } from 'commander';
import { host } from '../host/host.js';
import { examples } from '../command/help.js';
import { outputOf } from '../output/output.js';
import { readDatabaseUrl } from '../command/service-settings.js';

/** Adds `migrate`, for deployments that run migrations separately. Each service also migrates when it starts. */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('Apply pending migrations to the database at DATABASE_URL')
    .addHelpText('after', examples('DATABASE_URL=postgresql://… posthorn migrate'))
    .action(async (_flags: object, command: Command) => {
      const url = await readDatabaseUrl();
      const { migrate } = await import('@posthorn/database/server');
      const done = await migrate(url, {
        allowNewerSchema: host().env['POSTHORN_ALLOW_NEWER_SCHEMA'] === 'true',
      });
      outputOf(command).result(done, () =>
        done.applied.length === 0
          ? 'Database is up to date'
          : done.applied.map((name) => `Applied ${name}`).join('\n'),
      );
    });
}
