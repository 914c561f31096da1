import {
  type DeliveryRun,
  type ExpectedDelivery,
  outcomeOf,
  type PublishedEvent,
} from './expected-delivery.js';
import type { WebhookModel } from './webhook-model.js';

/** A run whose first request has arrived. */
interface FirstArrival {
  expected: ExpectedDelivery;
  run: DeliveryRun;
  /** The number of the delivery. */
  number: number;
}

/** The arrival with the highest number in each chain of a webhook. */
export type Chains = Map<string, FirstArrival>;

type OrderedWebhook = Pick<WebhookModel, 'ordering' | 'retrySchedule'>;

/** Returns the chain that a run waits in, or null if it waits for no other. */
export function chainOf(
  { ordering }: Pick<WebhookModel, 'ordering'>,
  { event, isPulled }: ExpectedDelivery,
  { chain }: DeliveryRun,
): string | null {
  if (ordering === 'none' || chain === null || isPulled) return null;
  if (ordering === 'strict') return chain;
  return event.key === null ? null : `${chain}, key ${event.key}`;
}

/**
 * Records the first request of a run and returns how it violates the order, or null. A delivery that may be dropped or skipped can be in
 * flight at that moment, and arrive late.
 */
export function checkFirstArrival(
  chains: Chains,
  webhook: OrderedWebhook,
  arrival: FirstArrival,
): string | null {
  const chain = chainOf(webhook, arrival.expected, arrival.run);
  if (chain === null) return null;
  const before = chains.get(chain);
  if (!before || before.number < arrival.number) chains.set(chain, arrival);
  if (!before || arrival.run.expectation !== 'required') return null;
  if (arrival.number < before.number)
    return `number ${arrival.number} arrived after number ${before.number} (${chain})`;
  return isInProgress(before, webhook)
    ? `number ${arrival.number} arrived while number ${before.number} was in progress (${chain})`
    : null;
}

/** Returns whether a run has neither succeeded nor exhausted its retries, and cannot have ended otherwise. */
function isInProgress({ expected, run }: FirstArrival, { retrySchedule }: OrderedWebhook): boolean {
  const isOpen = expected.run === run && run.expectation === 'required';
  return isOpen && outcomeOf({ expected, run, retrySchedule }) === 'interrupted';
}

/** A delivery with the number that the API shows. */
export interface NumberedDelivery {
  expected: ExpectedDelivery;
  number: number | null;
}

/** Returns what is wrong with the numbers of all deliveries of a webhook. */
export function checkNumbers(deliveries: readonly NumberedDelivery[]): string[] {
  const byNumber = deliveries
    .filter(({ expected }) => expected.isNumbered)
    .toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0));
  const numbers = byNumber.map(({ number }) => number);
  if (numbers.some((number, index) => number !== index + 1)) return [`has the numbers ${numbers.join(', ')}`];
  const others = deliveries.flatMap(({ expected, number }) =>
    expected.isNumbered || number === null ? [] : [`has the number ${number} for event ${expected.event.n}`],
  );
  return [...others, ...checkPublicationOrder(byNumber.map(({ expected }) => expected.event))];
}

/** Returns the events that are behind one of a later step. Pushed events have the order in which they were read. */
export function checkPublicationOrder(events: readonly PublishedEvent[]): string[] {
  const published = events.filter(({ ingress }) => ingress === 'http');
  return published.flatMap((event, index) => {
    const before = published[index - 1];
    return before && before.at > event.at
      ? [`numbers event ${before.n} before event ${event.n}, which was published in an earlier step`]
      : [];
  });
}
