import { setTimeout as sleep } from 'node:timers/promises';
import type { Checks } from './checks.js';
import type { Load } from './load.js';
import { findLost } from './losses.js';
import type { PatientClient } from './patient-client.js';
import { type Round, seconds } from './rounds.js';
import type { Subscriber } from './subscriber.js';
import {
  type Compared,
  type Duplicate,
  duplicates,
  eventsMadeTwice,
  retroactive,
  sentOutOfSpell,
} from './verdict.js';

export interface Judging {
  call: PatientClient;
  load: Load;
  webhooks: Subscriber[];
  rounds: Round[];
  checks: Checks;
}

export interface Result {
  accepted: number;
  /** Pushes that Redis lost before they were read, and those that never got into it. */
  notCounted: number;
  arrivals: number;
  lost: number;
  droppedBySuspension: number;
  duplicates: number;
  sentWhileSuspended: number;
  retroactive: number;
  settleMs: number;
  rounds: (Round & { duplicates: number })[];
}

const SETTLED_WITHIN_MS = 300_000;

/** Waits until whatever can arrive has arrived, and compares. */
export async function judge({ call, load, webhooks, rounds, checks }: Judging): Promise<Result> {
  const settleMs = await settled(call, load);
  const compared = webhooks.map((webhook) => ({ ...webhook, arrivals: webhook.receiver.arrivals }));
  const published = load.published;

  const { lost, dropped } = await findLost(call, webhooks, published);
  const outOfSpell = compared.flatMap((webhook) =>
    sentOutOfSpell(webhook).map(({ startedAt }) => ({ webhook: webhook.name, startedAt })),
  );
  const back = compared.flatMap((webhook) =>
    retroactive(webhook, published).map((n) => ({ webhook: webhook.name, n })),
  );
  const { counted, unexplained } = countDuplicates(compared, rounds);
  table(counted);

  const accepted = [...published.values()].filter(({ counts }) => counts);
  const arrivals = compared.reduce((sum, webhook) => sum + webhook.arrivals.size, 0);
  console.log(`${accepted.length} events accepted, ${arrivals} deliveries to ${webhooks.length} webhooks`);
  checks.check(`everything settled within ${seconds(SETTLED_WITHIN_MS)}`, settleMs !== null);
  checks.none('accepted and lost', lost);
  checks.none('sent while suspended or after deletion', outOfSpell);
  checks.none('published while suspended and sent all the same', back);
  checks.none('events made twice', eventsMadeTwice(compared, published));
  checks.none('publications that were refused', load.refusals);
  checks.none(
    'rounds that did not recover',
    rounds.filter(({ recoveredMs }) => recoveredMs === null),
  );
  checks.none('duplicates before the first round', unexplained);
  for (const round of counted) {
    const what = `round ${round.number}, ${round.fault}: ${round.duplicates} duplicates, at most ${round.mostDuplicates}`;
    checks.check(what, round.duplicates <= round.mostDuplicates);
  }
  return {
    accepted: accepted.length,
    notCounted: published.size - accepted.length,
    arrivals,
    lost: lost.length,
    droppedBySuspension: dropped,
    duplicates: counted.reduce((sum, round) => sum + round.duplicates, 0),
    sentWhileSuspended: outOfSpell.length,
    retroactive: back.length,
    settleMs: settleMs ?? SETTLED_WITHIN_MS,
    rounds: counted,
  };
}

/** How long it took until nothing was pending any more; null: too long. */
async function settled(call: PatientClient, load: Load): Promise<number | null> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < SETTLED_WITHIN_MS) {
    const pending = await call('GET', '/v1/deliveries?status=pending&limit=1');
    if (pending.body.data.length === 0 && (await load.unread()) === 0) {
      return Math.round(performance.now() - startedAt);
    }
    await sleep(100);
  }
  return null;
}

/** A duplicate counts for the round in which the event was taken first. */
function countDuplicates(compared: readonly Compared[], rounds: readonly Round[]) {
  const counted = rounds.map((round) => ({ ...round, duplicates: 0 }));
  const unexplained: Duplicate[] = [];
  for (const duplicate of compared.flatMap(duplicates)) {
    const round = counted.findLast(({ from }) => from <= duplicate.firstTakenAt);
    if (round) round.duplicates += duplicate.again;
    else unexplained.push(duplicate);
  }
  return { counted, unexplained };
}

function table(rounds: readonly (Round & { duplicates: number })[]): void {
  console.table(
    Object.fromEntries(
      rounds.map(({ number, fault, detail, inFlight, recoveredMs, silenceMs, ...round }) => [
        number,
        {
          fault: detail ? `${fault} (${detail})` : fault,
          'in flight': inFlight,
          duplicates: round.duplicates,
          'at most': round.mostDuplicates,
          recovered: recoveredMs === null ? 'no' : seconds(recoveredMs),
          silent: seconds(silenceMs),
        },
      ]),
    ),
  );
}
