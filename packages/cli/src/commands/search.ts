import type { components } from '@posthorn/sdk';
import type { Command } from 'commander';
import { printResult } from '../command/api-command.js';
import { examples } from '../command/help.js';
import { listLimit } from '../command/options.js';
import { dim, printable } from '../output/style.js';
import { table } from '../output/text.js';

type Results = components['schemas']['SearchResults'];
type Result = components['schemas']['SearchResult'];

const COLUMNS = {
  KIND: ({ kind }: Result) => kind,
  ID: ({ id }: Result) => id,
  TENANT: ({ tenantId }: Result) => tenantId,
  TITLE: ({ title }: Result) => title,
  'MATCHED BY': ({ matchedBy, searchKey }: Result) => searchKey ?? matchedBy,
  CREATED: ({ createdAt }: Result) => createdAt,
};

const DEFAULT_LIMIT = 20;

export function addSearch(program: Command): void {
  program
    .command('search')
    .description('Find anything by an id, a URL, a name, an idempotency key or a value of a payload')
    .argument('<value>', 'What to search for')
    .option('--tenant <tenant>', 'Only this tenant (default: all that the key can access)')
    .option('--limit <count>', 'Maximum number of results of each kind', listLimit, DEFAULT_LIMIT)
    .addHelpText('after', examples('posthorn search evt_01jw000000e008000000000001', 'posthorn search 4711'))
    .action((value: string, { tenant, limit }: { tenant?: string; limit: number }, command: Command) =>
      printResult(command, (api) => api.search({ q: value, tenantId: tenant, limit }), resultsText),
    );
}

function resultsText({ data, more, timedOut, searchKeys }: Results): string {
  return [
    table(data, COLUMNS, 'No results'),
    ...(more.length > 0 ? [dim(`There are more results of: ${more.join(', ')}`)] : []),
    ...(timedOut.length > 0 ? [dim(`Took too long: ${timedOut.join(', ')}. Choose a tenant`)] : []),
    ...(data.length === 0 ? [dim(searchKeysText(searchKeys))] : []),
  ].join('\n');
}

/** Explains which values of payloads are found. */
function searchKeysText(searchKeys: readonly string[]): string {
  if (searchKeys.length === 0) return 'Payloads are not searched: no event type has search keys.';
  return (
    `Payloads are searched at ${printable(searchKeys.join(', '))}. ` +
    'Events accepted before a key was declared are not found by it.'
  );
}
