import type { Url } from './command.js';
import { type WebhookModel, wants } from './webhook-model.js';

export interface PublishedEvent {
  n: number;
  type: string;
  door: 'http' | 'redis';
  /** The step of the sequence in which it was published. */
  at: number;
}

/** One request that a receiver got. */
export interface Arrival {
  url: Url;
  /** The status that it was answered with. */
  answered: number;
}

/**
 * One time that an event is on its way to a webhook: after it was published, retried or replayed, until its delivery is
 * settled.
 */
export interface Run {
  cause: 'publish' | 'retry' | 'replay';
  /** `must`: it is taken or given up by its retries; `may`: it can be cut off anywhere; `never`: no request at all. */
  bound: 'must' | 'may' | 'never';
  epoch: number;
  urls: Url[];
  openedAtMs: number;
  arrivals: Arrival[];
}

export type DeliveryStatus = 'pending' | 'succeeded' | 'failed' | 'dropped';

/** What becomes of one event at one webhook. */
export interface Fate {
  event: PublishedEvent;
  run: Run | null;
  /** Attempts of the runs that are over. */
  attempts: number;
  /** What the delivery was after the last run; null when there was none. */
  status: DeliveryStatus | null;
  /** A request that had begun before the end of the last run was taken after it: a late success. */
  takenLate: boolean;
  /** When it was seen that the last run was over, by Date.now(). */
  closedAtMs: number;
}

export function published(event: PublishedEvent, webhook: WebhookModel, openedAtMs: number): Fate {
  const bound = isFor(event, webhook) ? 'must' : 'never';
  return {
    event,
    run: {
      cause: 'publish',
      bound,
      epoch: webhook.epoch,
      urls: [webhook.url],
      openedAtMs,
      arrivals: [],
    },
    attempts: 0,
    status: null,
    takenLate: false,
    closedAtMs: 0,
  };
}

/** Opens a run for a delivery that is to be made again. */
export function again(fate: Fate, cause: 'retry' | 'replay', webhook: WebhookModel): void {
  fate.run = {
    cause,
    bound: 'must',
    epoch: webhook.epoch,
    urls: [webhook.url],
    openedAtMs: Date.now(),
    arrivals: [],
  };
}

function isFor({ type, at, door }: PublishedEvent, webhook: WebhookModel): boolean {
  if (!wants(webhook, type)) return false;
  return door === 'http' || (webhook.activeSince !== null && webhook.activeSince <= at);
}

/** What a change of its webhook means for an event that is on its way. */
export function afterChange({ event, run }: Fate, webhook: WebhookModel): void {
  if (!run) return;
  // A push is matched when it is read, which may be before or after the change.
  const unread = run.cause === 'publish' && event.door === 'redis';
  const otherwise = isFor(event, webhook) ? 'never' : 'must';
  if (unread && run.bound === otherwise) run.bound = 'may';
  if (run.epoch !== webhook.epoch && run.bound === 'must') run.bound = 'may';
  if (!run.urls.includes(webhook.url)) run.urls.push(webhook.url);
}

export interface Closing {
  fate: Fate;
  /** Of the delivery, as the API tells it; null when there is none. */
  status: DeliveryStatus | null;
  retrySchedule: readonly number[];
  /** Workers that were killed while the run was open. */
  kills: number;
}

/** Ends a run whose delivery is settled. Answers what is wrong with it, or null. */
export function close({ fate, status, retrySchedule, kills }: Closing): string | null {
  const { run } = fate;
  if (!run) return closeLate(fate, status);
  const judged = { fate, run, status, retrySchedule };
  const repeats = kills + (mayBeUnderWay(fate, run) ? 1 : 0);
  const wrong = repeats > 0 ? wrongWithRepeats({ ...judged, repeats }) : wrongRun(judged);
  fate.run = null;
  fate.closedAtMs = Date.now();
  fate.attempts += run.arrivals.length;
  fate.status = status;
  return wrong;
}

function closeLate(fate: Fate, status: DeliveryStatus | null): string | null {
  const before = fate.status;
  if (status === before) return null;
  fate.status = status;
  return fate.takenLate && status === 'succeeded' ? null : `was ${before} and is ${status}`;
}

interface Judged {
  fate: Fate;
  run: Run;
  status: DeliveryStatus | null;
  retrySchedule: readonly number[];
}

/** How the requests of a run ended: taken, given up after the last retry, or cut off before. */
function ending({
  fate,
  run,
  retrySchedule,
}: Omit<Judged, 'status'>): 'taken' | 'given up' | 'cut off' | 'too many' {
  for (const [index, { answered }] of run.arrivals.entries()) {
    const isLast = index === run.arrivals.length - 1;
    if (answered < 300) return isLast ? 'taken' : 'too many';
    if (fate.attempts + index + 1 > retrySchedule.length) return isLast ? 'given up' : 'too many';
  }
  return 'cut off';
}

function wrongRun(judged: Judged): string | null {
  const { fate, run, status } = judged;
  const end = ending(judged);
  const said = `${run.bound} arrive, was ${end}, and is ${status}`;
  if (run.bound === 'never') return run.arrivals.length === 0 && status === fate.status ? null : said;
  switch (end) {
    case 'taken':
      return status === 'succeeded' ? null : said;
    case 'given up':
      return status === 'failed' || (status === 'dropped' && run.bound === 'may') ? null : said;
    case 'cut off':
      // A replay that was cancelled leaves what it did not come to as it was; a push may have matched nothing.
      return run.bound === 'may' && (status === 'dropped' || status === fate.status) ? null : said;
    case 'too many':
      return said;
  }
}

/** A delivery that was dropped may have a request under way yet when it is made again. */
const mayBeUnderWay = (fate: Fate, { cause }: Run): boolean =>
  cause !== 'publish' && fate.status === 'dropped';

/** A killed worker, for one, may have made a request that nobody knows of: each allows for one more. */
function wrongWithRepeats({
  fate,
  run,
  status,
  retrySchedule,
  repeats,
}: Judged & { repeats: number }): string | null {
  const taken = run.arrivals.filter(({ answered }) => answered < 300).length;
  const most = Math.max(retrySchedule.length + 1 - fate.attempts, 1) + repeats;
  const said = `${run.bound} arrive, arrived ${run.arrivals.length} times, was taken ${taken} times, and is ${status}`;
  if (run.arrivals.length > most || taken > 1 + repeats) return said;
  if (run.bound === 'never') return run.arrivals.length === 0 && status === fate.status ? null : said;
  if (status === 'succeeded' && taken === 0) return said;
  return run.bound === 'must' && status !== 'succeeded' && status !== 'failed' ? said : null;
}
