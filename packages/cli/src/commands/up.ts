import type { Command } from 'commander';
import { examples } from '../examples.js';
import { outputOf } from '../output/output.js';
import { UsageError } from '../usage-error.js';

interface UpFlags {
  port: string;
  workers: string;
  data: string;
}

/** The same as `npm start`. */
export function addUp(program: Command): void {
  program
    .command('up')
    .description('run the whole system on this machine, with PostgreSQL and Redis of its own, until Ctrl-C')
    .option('--port <port>', 'port of the admin API and the dashboard', '8080')
    .option('--workers <count>', 'worker processes', '2')
    .option('--data <folder>', 'where everything is kept', '.posthorn')
    .addHelpText(
      'after',
      `\nWith DATABASE_URL or REDIS_URL set it uses that server and starts none of its own.\n${examples(
        'posthorn up',
        'posthorn up --port 9000 --workers 4',
      )}`,
    )
    .action(async ({ port, workers, data }: UpFlags, command: Command) => {
      if (outputOf(command).json)
        throw new UsageError(`up has no JSON: it writes ${data}/runtime.json while it runs`);
      const { up } = await import('@posthorn/local');
      process.exitCode = await up(['--port', port, '--workers', workers, '--data', data]);
    });
}
