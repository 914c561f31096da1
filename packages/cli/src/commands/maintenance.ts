import type { Command } from 'commander';
import { addGroup, examples } from '../command/help.js';
import { outputOf } from '../output/output.js';
import { readDatabaseUrl } from '../command/service-settings.js';
import { clockDifferenceText } from '../doctor/check-retention.js';

/** Adds `maintenance confirm`, for operators with access to the database: no key of the API allows to drop data. */
export function addMaintenance(program: Command): void {
  addGroup(program, 'maintenance', 'Decide about the hourly maintenance')
    .command('confirm')
    .description('Let the maintenance drop expired data although clocks differ (needs DATABASE_URL)')
    .addHelpText(
      'after',
      `
If the clocks of PostgreSQL and of a producer differ by more than an hour, nothing is dropped. Synchronize them: then the maintenance
continues by itself. If you cannot, confirm this difference. Data is then dropped when it has expired by both clocks, so by the one
that is behind. A difference that changes by more than an hour must be confirmed again.
${examples('DATABASE_URL=postgresql://… posthorn maintenance confirm')}`,
    )
    .action(async (_flags: object, command: Command) => {
      const url = await readDatabaseUrl();
      const { confirmClockDifference, readClockDifference } = await import('@posthorn/database/server');
      const { connect } = await import('@posthorn/database/connection');
      const database = connect({ url, applicationName: 'posthorn maintenance', max: 1 });
      try {
        const changed = await confirmClockDifference(database.pool);
        const difference = await readClockDifference(database.pool);
        outputOf(command).result({ changed, differenceMs: difference?.differenceMs ?? null }, () => {
          if (difference === null) return 'Nothing to confirm: the clocks agree';
          const text = clockDifferenceText(difference);
          if (!changed) return `Already confirmed: ${text}`;
          return `Confirmed: ${text}. The next maintenance, within an hour, drops what has expired by both clocks.`;
        });
      } finally {
        await database.stop();
      }
    });
}
