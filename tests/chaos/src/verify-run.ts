import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '@posthorn/testkit';
import type { Checks } from './checks.js';
import { findLostEvents } from './find-lost-events.js';
import {
  type Duplicate,
  eventsCreatedTwice,
  findDuplicates,
  forbiddenEvents,
  sentWhileInactive,
  type WebhookHistory,
} from './invariants.js';
import { differences, type OrderedHistory, inversions, sequenceFaults } from './order.js';
import type { Publisher } from './publisher.js';
import { type Round, seconds } from './rounds.js';
import type { FeedReader } from './feed-reader.js';
import type { TrackedWebhook } from './tracked-webhook.js';

export interface Run {
  api: ApiClient;
  publisher: Publisher;
  webhooks: TrackedWebhook[];
  /** With an order. */
  pushed: TrackedWebhook;
  /** Has the same subscription. */
  pulled: TrackedWebhook & { reader: Pick<FeedReader, 'rejections'> };
  /** Of a tenant with its own events. */
  ofTenant: TrackedWebhook;
  rounds: Round[];
  checks: Checks;
}

export interface RunResult {
  accepted: number;
  /** Events that Redis lost before they were read, and events that were never accepted. */
  excluded: number;
  arrivals: number;
  lost: number;
  droppedBySuspension: number;
  duplicates: number;
  inversions: number;
  sequenceFaults: number;
  /** The webhooks that number their deliveries. */
  ordered: OrderedCounts[];
  /** The places at which the lists of the pushed and the pulled webhook differ. */
  listDifferences: number;
  sentWhileInactive: number;
  forbidden: number;
  settleMs: number;
  rounds: (Round & { duplicates: number })[];
}

export interface OrderedCounts {
  webhook: string;
  /** Events that have arrived or were read. */
  events: number;
  lost: number;
  inversions: number;
  /** Gaps and repeated numbers. */
  sequenceFaults: number;
}

const SETTLE_TIMEOUT_MS = 300_000;

const historyOf = (webhook: TrackedWebhook) => ({ ...webhook, arrivals: webhook.receiver.arrivals });

/** Waits until nothing is pending, then compares the published events with the arrivals. */
export async function verifyRun(run: Run): Promise<RunResult> {
  const { api, publisher, webhooks, pushed, pulled, ofTenant, rounds, checks } = run;
  const settleMs = await waitUntilSettled(api, publisher);
  const histories = webhooks.map(historyOf);
  const { published } = publisher;

  const { lost, dropped } = await findLostEvents(api, webhooks, published);
  const inactive = [...histories, historyOf(ofTenant)].flatMap((webhook) =>
    sentWhileInactive(webhook).map(({ startedAt }) => ({ webhook: webhook.name, startedAt })),
  );
  const forbidden = histories.flatMap((webhook) =>
    forbiddenEvents(webhook, published).map((n) => ({ webhook: webhook.name, n })),
  );
  const { inverted, misnumbered } = checkOrder(histories, published);
  const ordered = countOrdered(histories, { lost, inverted, misnumbered });
  const differing = differences(pushed.receiver, pulled.receiver);
  const { counted, unexplained } = countDuplicates(histories, rounds);
  printTable(counted);
  console.table(Object.fromEntries(ordered.map(({ webhook, ...counts }) => [webhook, counts])));

  const accepted = [...published.values()].filter(({ isDurable }) => isDurable).length;
  const arrivals = histories.reduce((sum, webhook) => sum + webhook.arrivals.size, 0);
  console.log(`${accepted} events accepted, ${arrivals} deliveries to ${webhooks.length} webhooks`);
  checks.check(`everything settled within ${seconds(SETTLE_TIMEOUT_MS)}`, settleMs !== null);
  checks.none('accepted and lost', lost);
  checks.none('sent while suspended or after deletion', inactive);
  checks.check('the tenant with its own events got some', ofTenant.receiver.arrivals.size > 0);
  checks.none('published while suspended but delivered', forbidden);
  checks.none('events created twice', eventsCreatedTwice(histories, published));
  checks.none('first arrivals out of order', inverted);
  checks.none('gaps and repeated numbers in sequences', misnumbered);
  checks.none(`places at which "${pushed.name}" and "${pulled.name}" have different events`, differing);
  checks.none('calls of the feed rejected', pulled.reader.rejections);
  checks.none('events rejected', publisher.rejections);
  checks.none(
    'rounds that did not recover',
    rounds.filter(({ recoveredMs }) => recoveredMs === null),
  );
  checks.none('duplicates before the first round', unexplained);
  for (const round of counted) {
    const name = `round ${round.number}, ${round.fault}: ${round.duplicates} duplicates, at most ${round.maxDuplicates}`;
    checks.check(name, round.duplicates <= round.maxDuplicates);
  }
  return {
    accepted,
    excluded: published.size - accepted,
    arrivals,
    lost: lost.length,
    droppedBySuspension: dropped,
    duplicates: counted.reduce((sum, round) => sum + round.duplicates, 0),
    inversions: inverted.length,
    sequenceFaults: misnumbered.length,
    ordered,
    listDifferences: differing.length,
    sentWhileInactive: inactive.length,
    forbidden: forbidden.length,
    settleMs: settleMs ?? SETTLE_TIMEOUT_MS,
    rounds: counted,
  };
}

/** Returns the time until no delivery was pending and no event unread, in milliseconds; null after a timeout. */
async function waitUntilSettled(api: ApiClient, publisher: Publisher): Promise<number | null> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < SETTLE_TIMEOUT_MS) {
    const pending = await api.get('/v1/deliveries?status=pending&limit=1');
    if (pending.body.data.length === 0 && (await publisher.countUnread()) === 0) {
      return Math.round(performance.now() - startedAt);
    }
    await sleep(100);
  }
  return null;
}

function checkOrder(webhooks: readonly OrderedHistory[], published: Publisher['published']) {
  const ordered = webhooks.filter(({ ordering }) => ordering !== 'none');
  return {
    inverted: ordered.flatMap((webhook) =>
      inversions(webhook, published).map(({ early, late }) => ({ webhook: webhook.name, early, late })),
    ),
    misnumbered: ordered.flatMap((webhook) =>
      sequenceFaults(webhook).map((fault) => ({ webhook: webhook.name, fault })),
    ),
  };
}

type OfWebhook = readonly { webhook: string }[];

function countOrdered(
  webhooks: readonly OrderedHistory[],
  { lost, inverted, misnumbered }: Record<'lost' | 'inverted' | 'misnumbered', OfWebhook>,
): OrderedCounts[] {
  return webhooks
    .filter(({ ordering }) => ordering !== 'none')
    .map(({ name, arrivals }) => {
      const count = (found: OfWebhook) => found.filter(({ webhook }) => webhook === name).length;
      return {
        webhook: name,
        events: arrivals.size,
        lost: count(lost),
        inversions: count(inverted),
        sequenceFaults: count(misnumbered),
      };
    });
}

/** Assigns each duplicate to the round in which the event was first accepted. */
function countDuplicates(webhooks: readonly WebhookHistory[], rounds: readonly Round[]) {
  const counted = rounds.map((round) => ({ ...round, duplicates: 0 }));
  const unexplained: Duplicate[] = [];
  for (const duplicate of webhooks.flatMap(findDuplicates)) {
    const round = counted.findLast(({ from }) => from <= duplicate.firstAcceptedAt);
    if (round) round.duplicates += duplicate.count;
    else unexplained.push(duplicate);
  }
  return { counted, unexplained };
}

function printTable(rounds: readonly (Round & { duplicates: number })[]): void {
  console.table(
    Object.fromEntries(
      rounds.map(({ number, fault, detail, inFlight, recoveredMs, silenceMs, ...round }) => [
        number,
        {
          fault: detail ? `${fault} (${detail})` : fault,
          'in flight': inFlight,
          duplicates: round.duplicates,
          'at most': round.maxDuplicates,
          recovered: recoveredMs === null ? 'no' : seconds(recoveredMs),
          silent: seconds(silenceMs),
        },
      ]),
    ),
  );
}
