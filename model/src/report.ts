import type { Exploration, Shrunk } from './explore.js';
import type { World } from './world.js';

/** What a run came to, in lines to print. */
export function report({ done, failures, shrunk }: Exploration, { tally, harm, strays }: World): string[] {
  const { runs } = tally;
  return [
    ...failures.map(({ index, message }) => `sequence ${index} deviates:\n  ${message}`),
    ...(failures.length > 0 ? describe(shrunk) : []),
    ...strays.map((stray) => `after the end of a sequence: ${stray}`),
    `commands ${tally.commands}, of them refused by the state ${tally.refusals}`,
    `events ${tally.events}; requests ${tally.requests}`,
    `event and webhook: must arrive ${runs.must}, may arrive ${runs.may}, must not arrive ${runs.never}`,
    `killed: workers ${harm.count('worker')}, producers ${harm.count('producer')}; arrived twice ${tally.duplicates}`,
    `after a suspend or delete, but too close to tell: ${tally.tooCloseToTell}`,
    `model: ${done} sequences, ${failures.length + strays.length} deviations`,
  ];
}

function describe(shrunk: Shrunk | null): string[] {
  if (!shrunk)
    return ['Alone, the first of them did not deviate: it takes others at the same time, or luck.'];
  const commands = shrunk.commands.map((command) => `  ${JSON.stringify(command)}`);
  return ['The first of them, shrunk and alone:', ...commands, `  ${shrunk.message}`];
}
