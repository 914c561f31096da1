import type { Exploration, Shrunk } from './explore.js';
import type { World } from './world.js';

/** What a run came to, in lines to print. */
export function report({ done, failures, shrunk }: Exploration, { tally, harm, strays }: World): string[] {
  const { runs } = tally;
  const failed = failures.length + strays.length;
  return [
    ...failures.map(({ index, message }) => `sequence ${index} deviates:\n  ${message}`),
    ...(failures.length > 0 ? describe(shrunk) : []),
    ...strays.map((stray) => `after the end of a sequence: ${stray}`),
    `commands ${tally.commands}, of them refused by the state ${tally.refusals}`,
    `events ${tally.events}; requests ${tally.requests}`,
    `event and webhook: must arrive ${runs.must}, may arrive ${runs.may}, must not arrive ${runs.never}`,
    `killed: workers ${harm.count('worker')}, producers ${harm.count('producer')}; arrived twice ${tally.duplicates}`,
    `came after a suspend or delete was answered, or a drop seen, and had begun before: ${tally.begunBefore}`,
    `model: ${done - failures.length} passed, ${failed} failed`,
  ];
}

function describe(shrunk: Shrunk | null): string[] {
  if (!shrunk)
    return ['Alone, the first of them did not deviate: it takes others at the same time, or luck.'];
  const commands = shrunk.commands.map((command) => `  ${JSON.stringify(command)}`);
  return ['The first of them, shrunk and alone:', ...commands, `  ${shrunk.message}`];
}
