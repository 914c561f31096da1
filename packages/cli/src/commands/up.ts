import type { Command } from 'commander';
import { host } from '../host/host.js';
import { examples } from '../command/help.js';
import { outputOf } from '../output/output.js';
import { UsageError } from '../command/usage-error.js';

interface UpFlags {
  port: string;
  workers?: string;
  data: string;
  role?: string;
  processes?: string;
}

/** Does the same as `npm start`. */
export function addUp(program: Command): void {
  program
    .command('up')
    .description('Run Posthorn on this machine, with its own PostgreSQL and Redis, until Ctrl-C')
    .option('--port <port>', 'Port of the API and the dashboard', '8080')
    .option('--workers <count>', 'Number of worker processes (default: 2)')
    .option('--data <folder>', 'Data folder', '.posthorn')
    .option('--role <role>', 'all: run API, producer and worker in one process')
    .option('--processes <count>', 'Number of processes of role all, which share the port (default: 1)')
    .addHelpText(
      'after',
      `\nIf DATABASE_URL or REDIS_URL is set, it uses that server instead of starting one.\n${examples(
        'posthorn up',
        'posthorn up --port 9000 --workers 4',
        'posthorn up --role all --processes 4',
      )}`,
    )
    .action(async ({ port, workers, data, role, processes }: UpFlags, command: Command) => {
      if (outputOf(command).json)
        throw new UsageError(`up does not support --json. While running, it writes ${data}/runtime.json.`);
      const { up } = await import('@posthorn/local');
      host().exitCode = await up([
        '--port',
        port,
        '--data',
        data,
        ...(workers === undefined ? [] : ['--workers', workers]),
        ...(role === undefined ? [] : ['--role', role]),
        ...(processes === undefined ? [] : ['--processes', processes]),
      ]);
    });
}
