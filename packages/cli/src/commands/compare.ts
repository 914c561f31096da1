import type { Command } from 'commander';
import { apiContext } from '../command/api-command.js';
import type { Compared } from '../compare/compared.js';
import { examples } from '../command/help.js';
import { host } from '../host/host.js';
import { list } from '../command/options.js';
import { bold } from '../output/style.js';
import { table } from '../output/text.js';

interface CompareFlags {
  webhook?: string;
  tenant?: string;
  ignoreHeader?: string[];
  bytes?: boolean;
}

const COLUMNS = {
  LINE: ({ line }: Compared) => line ?? '–',
  EVENT: ({ event }: Compared) => event,
  RESULT: ({ result }: Compared) => result,
  'RECORDED → POSTHORN': ({ differences }: Compared) => differences.join('; '),
};

const PROGRESS_EVERY = 100;

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('Compare recorded requests of another system with those of Posthorn')
    .argument('<file>', 'One JSON object per line: event, headers, body, and optionally webhook and tenant')
    .option('--webhook <webhook>', 'The webhook of lines without one, wh_… or ext:…')
    .option('--tenant <tenant>', 'The tenant of webhooks named by ext:… (default: default)')
    .option('--ignore-header <names>', 'Comma-separated headers to leave out; repeatable', list)
    .option('--bytes', 'The same JSON with other bytes, such as other spaces or escapes, is different')
    .addHelpText(
      'after',
      `${examples('posthorn compare recorded.ndjson --webhook ext:hook-1 --ignore-header user-agent')}\n\n` +
        'An event is named by its id or its idempotency key. Deliveries of the same webhooks, from the first to the last recorded event, that\n' +
        'have no recorded request are differences too. The exit code is 1 unless all requests are equal, or their bodies as JSON, and no\n' +
        'delivery is left over.',
    )
    .action(compare);
}

async function compare(
  file: string,
  { webhook, tenant, ignoreHeader = [], bytes = false }: CompareFlags,
  command: Command,
): Promise<void> {
  const { api, output } = apiContext(command);
  const { readRecordings } = await import('../compare/read-recordings.js');
  const { recordingComparer } = await import('../compare/compare-recording.js');
  const ignoredHeaders = new Set(ignoreHeader.map((name) => name.toLowerCase()));
  const comparer = recordingComparer(api, { webhook, tenant, ignoredHeaders, bytes });
  const results: Compared[] = [];
  for await (const recording of readRecordings(file)) {
    results.push(await comparer.compare(recording));
    if (results.length % PROGRESS_EVERY === 0) output.note(`${results.length} requests`);
  }
  const count = results.length;
  for await (const delivery of comparer.unrecorded()) results.push(delivery);
  const shown = results.filter(({ result }) => result !== 'equal' && result !== 'equalAsJson');
  if (shown.length > 0 || results.length === 0) host().exitCode = 1;
  output.result(
    results,
    () => `${table(shown, COLUMNS, 'No differences')}\n\n${bold(summary(count, results))}`,
  );
}

function summary(requests: number, results: readonly Compared[]): string {
  const count = (wanted: Compared['result']) => results.filter(({ result }) => result === wanted).length;
  const asJson = count('equalAsJson');
  const equal = `${count('equal') + asJson} equal${asJson === 0 ? '' : ` (${asJson} of them as JSON, with other bytes)`}`;
  const found = `${equal}, ${count('different')} different, ${count('failed')} failed`;
  return `${requests} requests: ${found}; ${count('unrecorded')} deliveries without a request`;
}
