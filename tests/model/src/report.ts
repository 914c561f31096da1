import type { Exploration, Shrunk } from './explore.js';
import type { System } from './sequence.js';

/** Returns the summary of a run, as lines to print. */
export function report(
  { done, failures, shrunk }: Exploration,
  { counters, faults, violationsAfterEnd }: System,
): string[] {
  const { runs } = counters;
  const failed = failures.length + violationsAfterEnd.length;
  return [
    ...failures.map(({ index, message }) => `sequence ${index} failed:\n  ${message}`),
    ...(failures.length > 0 ? describe(shrunk) : []),
    ...violationsAfterEnd.map((violation) => `after the end of sequence ${violation}`),
    `commands: ${counters.commands}, of which the API rejected ${counters.rejections} because of the webhook's state`,
    `events: ${counters.events}; requests: ${counters.requests}; entries read with feeds: ${counters.feedEntries}`,
    `deliveries: ${runs.required} required, ${runs.optional} optional, ${runs.forbidden} forbidden`,
    `kills: ${faults.killCount('worker')} workers, ${faults.killCount('producer')} producers; pauses of the producer: ${faults.pauseCount()}; duplicates: ${counters.duplicates}`,
    `late requests that had started in time: ${counters.startedBefore}`,
    `model: ${done - failures.length} passed, ${failed} failed`,
  ];
}

function describe(shrunk: Shrunk | null): string[] {
  if (!shrunk) return ['The first of them does not fail alone: it depends on other sequences or on timing.'];
  const commands = shrunk.commands.map((command) => `  ${JSON.stringify(command)}`);
  return ['The first of them, shrunk:', ...commands, `  ${shrunk.message}`];
}
