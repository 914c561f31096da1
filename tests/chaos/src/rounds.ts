import { setTimeout as sleep } from 'node:timers/promises';
import type { EventReceiver } from './event-receiver.js';
import { type FaultContext, type FaultResult, FAULTS } from './faults.js';
import type { Ingress } from './publisher.js';
import type { Random } from './random.js';

export interface Round extends FaultResult {
  number: number;
  fault: string;
  /** Deliveries first accepted after this time, and before the time of the next round, belong to this round. */
  from: number;
  /** Requests in flight when the fault was injected. */
  inFlight: number;
  /** From the fault until an event that was published after it has arrived, in ms; null after a timeout. */
  recoveredMs: number | null;
  /** The longest time without an arrival at the witness, in ms. */
  silenceMs: number;
}

/** An outcome is recorded at most this long after the response, in milliseconds. */
const RECORD_MS = 1000;
const CALM_MS = 2000;
const RECOVERY_TIMEOUT_MS = 300_000;

/** Draws the faults of a run; every fault occurs once before any is repeated. */
export function drawFaults(random: Random, names: readonly string[], rounds: number): string[] {
  const drawn: string[] = [];
  while (drawn.length < rounds) drawn.push(...random.shuffled(names));
  return drawn.slice(0, rounds);
}

export interface RoundSettings {
  number: number;
  fault: string;
  /** Gets every event. */
  witness: EventReceiver;
  inFlight: () => number;
}

export async function runRound(
  context: FaultContext,
  { number, fault, witness, inFlight }: RoundSettings,
): Promise<Round> {
  await sleep(CALM_MS);
  const startedAt = performance.now();
  const inFlightBefore = inFlight();
  const result = await FAULTS[fault]?.(context);
  if (!result) throw new Error(`Unknown fault "${fault}"`);
  const recoveredAt = await waitForRecovery(context, witness, performance.now());
  const round = {
    ...result,
    number,
    fault,
    from: startedAt - RECORD_MS,
    inFlight: inFlightBefore,
    recoveredMs: recoveredAt === null ? null : Math.round(recoveredAt - startedAt),
    silenceMs: Math.round(longestSilence(witness, startedAt)),
  };
  print(round);
  return round;
}

/** Returns when an event published after `since` has arrived through each ingress; null after a timeout. */
async function waitForRecovery(
  { publisher }: FaultContext,
  witness: EventReceiver,
  since: number,
): Promise<number | null> {
  const deadline = performance.now() + RECOVERY_TIMEOUT_MS;
  const hasArrived = (ingress: Ingress) => {
    for (const event of [...publisher.published.values()].toReversed()) {
      if (event.from < since) return false;
      if (event.ingress === ingress && witness.arrivals.has(event.n)) return true;
    }
    return false;
  };
  while (performance.now() < deadline) {
    if (hasArrived('http') && hasArrived('redis') && hasArrived('ordered')) return performance.now();
    await sleep(50);
  }
  return null;
}

function longestSilence({ arrivals }: EventReceiver, from: number): number {
  const times = [...arrivals.values()]
    .flat()
    .map(({ startedAt }) => startedAt)
    .filter((time) => time >= from)
    .toSorted((a, b) => a - b);
  return [...times, performance.now()].reduce(
    ({ longest, before }, time) => ({ longest: Math.max(longest, time - before), before: time }),
    { longest: 0, before: from },
  ).longest;
}

function print({ number, fault, detail, inFlight, recoveredMs, silenceMs }: Round): void {
  const recovery = recoveredMs === null ? 'did not recover' : `recovered after ${seconds(recoveredMs)}`;
  console.log(
    `round ${number}: ${fault}${detail && ` (${detail})`}, ${inFlight} in flight: ${recovery}, silent for ${seconds(silenceMs)}`,
  );
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
