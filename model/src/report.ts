import type { Exploration, Failure } from './explore.js';
import type { World } from './world.js';

/** What a run came to, in lines to print. */
export function report({ done, failures }: Exploration, { tally, harm, strays }: World): string[] {
  const { runs } = tally;
  return [
    ...failures.flatMap(describe),
    ...strays.map((stray) => `after the end of a sequence: ${stray}`),
    `commands ${tally.commands}, of them refused by the state ${tally.refusals}`,
    `events ${tally.events}; requests ${tally.requests}`,
    `event and webhook: must arrive ${runs.must}, may arrive ${runs.may}, must not arrive ${runs.never}`,
    `killed: workers ${harm.count('worker')}, producers ${harm.count('producer')}; arrived twice ${tally.duplicates}`,
    `after a suspend or delete, but too close to tell: ${tally.tooCloseToTell}`,
    `model: ${done} sequences, ${failures.length + strays.length} deviations`,
  ];
}

function describe({ index, message, shrunk }: Failure): string[] {
  if (!shrunk) return [`sequence ${index} deviates, but not alone:\n  ${message}`];
  const commands = shrunk.commands.map((command) => `  ${JSON.stringify(command)}`);
  return [`sequence ${index} deviates, shrunk to:`, ...commands, ` ${shrunk.message}`];
}
