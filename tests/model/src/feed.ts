import {
  type DeliveryRun,
  checkStatus,
  type DeliveryStatus,
  type ExpectedDelivery,
  isForFeed,
} from './expected-delivery.js';
import { checkPublicationOrder } from './order.js';
import type { ProcessFaults } from './process-faults.js';
import type { WebhookModel } from './webhook-model.js';

/** A feed as far as it was read. */
export interface FeedModel {
  /** The number of the event of each entry, in their order. */
  events: number[];
  /** The number that is stored as its cursor. */
  cursor: number | null;
}

/** An entry that the API returned. */
export interface FeedEntry {
  /** The number of the delivery. */
  sequence: number;
  /** The number of the event. */
  n: number;
  status: DeliveryStatus;
}

interface FeedOwner {
  model: Pick<WebhookModel, 'retrySchedule'>;
  feed: FeedModel;
  /** By event number. */
  expectedDeliveries: ReadonlyMap<number, ExpectedDelivery>;
}

interface ReadPage {
  /** The number that the page follows. */
  after: number;
  entries: readonly FeedEntry[];
  faults: Pick<ProcessFaults, 'workersKilledSince'>;
}

/** Adds the entries of a page to the model of the feed. Returns what is wrong with them. */
export function readEntries(webhook: FeedOwner, { after, entries, faults }: ReadPage): string[] {
  const { events } = webhook.feed;
  return entries.flatMap((entry, index) => {
    const { sequence, n } = entry;
    if (sequence !== after + index + 1) return [`number ${sequence} follows number ${after + index}`];
    events[sequence - 1] ??= n;
    if (events[sequence - 1] !== n)
      return [`number ${sequence} was event ${events[sequence - 1]} and is ${n}`];
    const violation = checkEntry(webhook, entry, faults);
    return violation === null ? [] : [`number ${sequence}, event ${n}: ${violation}`];
  });
}

function checkEntry(
  { model, expectedDeliveries }: FeedOwner,
  { n, status }: FeedEntry,
  { workersKilledSince }: ReadPage['faults'],
): string | null {
  const expected = expectedDeliveries.get(n);
  if (!expected?.isNumbered) return 'has no number';
  const { run } = expected;
  if (run?.expectation === 'forbidden') return 'is forbidden';
  if (run && !isForFeed(expected) && mayHaveStatus(run, status)) return null;
  const kills = run ? workersKilledSince(run.openedAtMs) : 0;
  return checkStatus({ expected, status, retrySchedule: model.retrySchedule, kills });
}

/** Returns whether a delivery that is being sent can have a status: a replay may not have reached it, and one that was dropped may still succeed. */
function mayHaveStatus({ cause, expectation }: DeliveryRun, status: DeliveryStatus): boolean {
  return status === 'pending' || cause === 'replay' || expectation === 'optional';
}

/** Returns what is wrong with a feed that was read until its end. */
export function checkComplete({ feed, expectedDeliveries }: FeedOwner): string[] {
  const read = new Set(feed.events);
  const missing = [...expectedDeliveries.values()]
    .filter((expected) => isStored(expected) && !read.has(expected.event.n))
    .map(({ event }) => `event ${event.n} is missing`);
  const events = feed.events.flatMap((n) => expectedDeliveries.get(n)?.event ?? []);
  return [
    ...missing,
    ...(read.size < feed.events.length ? ['an event has two numbers'] : []),
    ...checkPublicationOrder(events),
  ];
}

/** Returns whether a delivery certainly has a number: a pushed event may not have been read yet. */
const isStored = ({ isNumbered, event, run, status }: ExpectedDelivery): boolean =>
  isNumbered && (status !== null || (run?.expectation === 'required' && event.ingress === 'http'));
