import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { migrateCommand } from './migrate-command.js';
import { upCommand } from './up-command.js';

/** The command line, ready to parse. */
export function posthorn(): Command {
  return new Command('posthorn')
    .description('Self-hosted webhook delivery: signed, retried until taken, on record from start to end.')
    .version(version(), '-v, --version')
    .addCommand(upCommand())
    .addCommand(migrateCommand())
    .showHelpAfterError('(posthorn --help says what there is)')
    .addHelpText('after', EXAMPLES);
}

const EXAMPLES = `
Examples:
  posthorn up                           everything on this machine, at http://127.0.0.1:8080
  posthorn up --port 9000 --workers 4   on another port, with more workers
  DATABASE_URL=postgresql://… posthorn migrate`;

function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
