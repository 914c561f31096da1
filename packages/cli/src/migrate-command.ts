import { migrate } from '@posthorn/database';
import { Command } from 'commander';

/** `posthorn migrate`: for those who run the services themselves. */
export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database of DATABASE_URL up to date')
    .action(async () => {
      const url = process.env['DATABASE_URL'];
      if (!url) throw new Error('DATABASE_URL is not set: it names the PostgreSQL database to migrate');
      const { applied } = await migrate(url);
      for (const name of applied) console.log(`applied ${name}`);
      if (applied.length === 0) console.log('the database is up to date');
    });
}
