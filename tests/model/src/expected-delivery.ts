import type { Key, Url } from './command.js';
import { isNumbered, type WebhookModel, matches } from './webhook-model.js';

export interface PublishedEvent {
  n: number;
  type: string;
  /** The ordering key. */
  key: Key;
  ingress: 'http' | 'redis';
  /** The step of the sequence in which it was published. */
  at: number;
}

/** One request that a receiver got. */
export interface Arrival {
  url: Url;
  /** The status of the response. */
  status: number;
}

/** One pass of a delivery, from publication, retry or replay until the delivery is settled. */
export interface DeliveryRun {
  cause: 'publish' | 'retry' | 'replay';
  /**
   * `required`: it succeeds or exhausts its retries; `optional`: it can be dropped at any point; `forbidden`: no request may be
   * sent.
   */
  expectation: 'required' | 'optional' | 'forbidden';
  /** The deliveries among which it has an order: the live ones, or those of a replay. Null: it waits for no other. */
  chain: string | null;
  epoch: number;
  urls: Url[];
  openedAtMs: number;
  arrivals: Arrival[];
}

export type DeliveryStatus = 'pending' | 'succeeded' | 'failed' | 'dropped' | 'available';

/** The expectations of the model for one event at one webhook. */
export interface ExpectedDelivery {
  event: PublishedEvent;
  /** The webhook was read with its feed at the publication. */
  isPulled: boolean;
  /** It has a number, if there is a delivery. */
  isNumbered: boolean;
  run: DeliveryRun | null;
  /** Attempts of the closed runs. */
  attempts: number;
  /** The delivery's status after the last run; null without a delivery. */
  status: DeliveryStatus | null;
  /** It succeeded in an earlier run. If a later one ends early, it is succeeded again. */
  hasSucceeded: boolean;
}

export function expectDelivery(
  event: PublishedEvent,
  webhook: WebhookModel,
  openedAtMs: number,
): ExpectedDelivery {
  const expectation = isFor(event, webhook) ? 'required' : 'forbidden';
  return {
    event,
    isPulled: webhook.delivery === 'pull',
    isNumbered: isNumbered(webhook),
    run: {
      cause: 'publish',
      expectation,
      chain: 'live',
      epoch: webhook.epoch,
      urls: [webhook.url],
      openedAtMs,
      arrivals: [],
    },
    attempts: 0,
    status: null,
    hasSucceeded: false,
  };
}

/** Opens another run of a settled delivery. */
export function expectRedelivery(
  expected: ExpectedDelivery,
  { cause, chain }: Pick<DeliveryRun, 'chain'> & { cause: 'retry' | 'replay' },
  webhook: WebhookModel,
): void {
  expected.run = {
    cause,
    expectation: 'required',
    chain,
    epoch: webhook.epoch,
    urls: [webhook.url],
    openedAtMs: Date.now(),
    arrivals: [],
  };
}

function isFor({ type, at, ingress }: PublishedEvent, webhook: WebhookModel): boolean {
  if (!matches(webhook, type)) return false;
  return ingress === 'http' || (webhook.activeSince !== null && webhook.activeSince <= at);
}

/** Applies a change of the webhook to an open run. */
export function applyChange(expected: ExpectedDelivery, webhook: WebhookModel): void {
  const { event, run } = expected;
  if (!run || isAvailableAtOnce(expected)) return;
  // A pushed event is matched when it is read, which may be before or after the change.
  const unread = run.cause === 'publish' && event.ingress === 'redis';
  const opposite = isFor(event, webhook) ? 'forbidden' : 'required';
  if (unread && run.expectation === opposite) run.expectation = 'optional';
  if (run.epoch !== webhook.epoch && run.expectation === 'required') run.expectation = 'optional';
  if (!run.urls.includes(webhook.url)) run.urls.push(webhook.url);
}

/** Returns whether an event that was published for the feed is settled with its publication. One that was pushed waits to be read. */
const isAvailableAtOnce = (expected: ExpectedDelivery): boolean =>
  isForFeed(expected) && expected.event.ingress === 'http';

/** Returns whether the open run sends nothing: its event is only to be read with the feed. */
export const isForFeed = ({ isPulled, run }: ExpectedDelivery): boolean =>
  isPulled && run?.cause === 'publish';

export interface Closing {
  expected: ExpectedDelivery;
  /** The delivery's status in the API; null without a delivery. */
  status: DeliveryStatus | null;
  retrySchedule: readonly number[];
  /** Workers killed while the run was open. */
  kills: number;
}

/** Closes the run of a settled delivery. Returns a description of the violation, or null. */
export function closeRun(closing: Closing): string | null {
  const { expected, status } = closing;
  const { run } = expected;
  const violation = checkStatus(closing);
  if (!run) return violation;
  expected.run = null;
  expected.attempts += run.arrivals.length;
  expected.status = status;
  if (status === 'succeeded') expected.hasSucceeded = true;
  return violation;
}

/** Returns how the status of a settled delivery differs from what is expected, or null. */
export function checkStatus({ expected, status, retrySchedule, kills }: Closing): string | null {
  const { run } = expected;
  if (!run) return status === expected.status ? null : `was ${expected.status} and is ${status}`;
  const closedRun = { expected, run, status, retrySchedule };
  if (isForFeed(expected)) return checkFeedRun(closedRun);
  return kills > 0 ? checkRunWithKills({ ...closedRun, kills }) : checkRun(closedRun);
}

/** Nothing is sent. An event may be stored as dropped during a call that changes the webhook. */
function checkFeedRun({ run, status }: ClosedRun): string | null {
  const statuses: Record<DeliveryRun['expectation'], (DeliveryStatus | null)[]> = {
    required: ['available'],
    optional: ['available', 'dropped', null],
    forbidden: [null],
  };
  return run.arrivals.length === 0 && statuses[run.expectation].includes(status)
    ? null
    : `${run.expectation} in the feed, arrived ${run.arrivals.length} times, delivery ${status}`;
}

/** Returns the status of a delivery after a run that a suspension or deletion ended. */
const interruptedStatus = ({ hasSucceeded }: ExpectedDelivery): DeliveryStatus =>
  hasSucceeded ? 'succeeded' : 'dropped';

interface ClosedRun {
  expected: ExpectedDelivery;
  run: DeliveryRun;
  status: DeliveryStatus | null;
  retrySchedule: readonly number[];
}

/** Returns how many attempts before a run count for the retry schedule: the first attempt of a retry or replay does not. */
const scheduledBefore = ({ attempts }: ExpectedDelivery): number => Math.max(attempts - 1, 0);

/** Returns how the requests of a run ended: `interrupted` is before a success and before the last retry. */
export function outcomeOf({
  expected,
  run,
  retrySchedule,
}: Omit<ClosedRun, 'status'>): 'accepted' | 'exhausted' | 'interrupted' | 'repeated' {
  for (const [index, { status }] of run.arrivals.entries()) {
    const isLast = index === run.arrivals.length - 1;
    if (status < 300) return isLast ? 'accepted' : 'repeated';
    if (scheduledBefore(expected) + index + 1 > retrySchedule.length)
      return isLast ? 'exhausted' : 'repeated';
  }
  return 'interrupted';
}

function checkRun(closedRun: ClosedRun): string | null {
  const { expected, run, status } = closedRun;
  const outcome = outcomeOf(closedRun);
  const message = `${run.expectation}, requests ${outcome}, delivery ${status}`;
  if (run.expectation === 'forbidden')
    return run.arrivals.length === 0 && status === expected.status ? null : message;
  switch (outcome) {
    case 'accepted':
      return status === 'succeeded' ? null : message;
    case 'exhausted':
      return status === 'failed' || (status === interruptedStatus(expected) && run.expectation === 'optional')
        ? null
        : message;
    case 'interrupted':
      // A cancelled replay leaves its remaining deliveries unchanged; a pushed event may not have matched.
      return run.expectation === 'optional' &&
        (status === interruptedStatus(expected) || status === expected.status)
        ? null
        : message;
    case 'repeated':
      return message;
  }
}

/** Each killed worker may have sent a request that is not recorded: it allows one extra attempt. */
function checkRunWithKills({
  expected,
  run,
  status,
  retrySchedule,
  kills,
}: ClosedRun & { kills: number }): string | null {
  const accepted = run.arrivals.filter((arrival) => arrival.status < 300).length;
  const maxArrivals = Math.max(retrySchedule.length + 1 - scheduledBefore(expected), 1) + kills;
  const message = `${run.expectation}, arrived ${run.arrivals.length} times, accepted ${accepted} times, delivery ${status}`;
  if (run.arrivals.length > maxArrivals || accepted > 1 + kills) return message;
  if (run.expectation === 'forbidden')
    return run.arrivals.length === 0 && status === expected.status ? null : message;
  const isSucceededAgain = run.expectation === 'optional' && expected.hasSucceeded;
  if (status === 'succeeded' && accepted === 0 && !isSucceededAgain) return message;
  return run.expectation === 'required' && status !== 'succeeded' && status !== 'failed' ? message : null;
}
