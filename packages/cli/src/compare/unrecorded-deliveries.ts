import { decodeId, idTimeMs } from '@posthorn/core';
import type { Posthorn } from '@posthorn/sdk';
import type { Compared } from './compared.js';

/**
 * Returns the deliveries for which no request was recorded, of the webhooks that have recorded requests, from the first to the last event
 * of the recording.
 *
 * @param recorded the ids of the events, by webhook
 */
export async function* unrecordedDeliveries(
  api: Posthorn,
  recorded: ReadonlyMap<string, ReadonlySet<string>>,
): AsyncGenerator<Compared> {
  const times = [...recorded.values()].flatMap((events) => [...events].map(timeOf)).toSorted((a, b) => a - b);
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return;
  const range = { from: new Date(first).toISOString(), to: new Date(last + 1).toISOString() };
  for (const [webhookId, events] of recorded)
    for await (const { id, eventId, eventType } of api.deliveries.list({ webhookId, ...range })) {
      if (events.has(eventId)) continue;
      const difference = `not sent → ${id} of ${eventType ?? 'an event'} to ${webhookId}`;
      yield { line: null, event: eventId, result: 'unrecorded', differences: [difference], comparison: null };
    }
}

/** Returns the time of an event, by which its deliveries are listed. */
const timeOf = (eventId: string): number => idTimeMs(decodeId('event', eventId) ?? '');
