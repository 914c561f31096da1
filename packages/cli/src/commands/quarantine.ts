import type { Command } from 'commander';
import { apiContext, printResult } from '../command/api-command.js';
import { confirm } from '../command/confirm.js';
import { addGroup, examples } from '../command/help.js';
import { details } from '../output/text.js';

export function addQuarantine(program: Command): void {
  const quarantine = addGroup(
    program,
    'quarantine',
    'Nothing that is stored is sent while erased data may be back after a restore',
  );
  quarantine
    .command('show')
    .description('Show whether the database is quarantined')
    .action((_flags: object, command: Command) =>
      printResult(command, (api) => api.quarantine.get(), details),
    );
  quarantine
    .command('release')
    .description('Release the database, after its erasures were repeated or if there were none')
    .option('--force', 'Also while erasures are running: what they have not erased yet is sent')
    .option('-y, --yes', 'Do not ask for confirmation')
    .addHelpText('after', examples('posthorn quarantine release --yes'))
    .action(release);
}

async function release(
  { force, ...flags }: { force?: boolean; yes?: boolean },
  command: Command,
): Promise<void> {
  const { api, output } = apiContext(command);
  if (!(await confirm('Release the database? What was erased and is back is sent.', flags)))
    return output.note('Cancelled.');
  const state = await api.quarantine.release({ force });
  output.result(state, () => details(state));
}
