import { up } from '@posthorn/local';
import { Command } from 'commander';

/** `posthorn up`: the same as `npm start`. */
export function upCommand(): Command {
  return new Command('up')
    .description('run the whole system on this machine, with PostgreSQL and Redis of its own, until Ctrl-C')
    .option('--port <port>', 'port of the admin API and the dashboard', '8080')
    .option('--workers <count>', 'worker processes', '2')
    .option('--data <folder>', 'where everything is kept', '.posthorn')
    .addHelpText(
      'after',
      '\nWith DATABASE_URL or REDIS_URL set it uses that server and starts none of its own.',
    )
    .action(async ({ port, workers, data }: { port: string; workers: string; data: string }) => {
      process.exitCode = await up(['--port', port, '--workers', workers, '--data', data]);
    });
}
