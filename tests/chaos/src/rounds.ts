import { setTimeout as sleep } from 'node:timers/promises';
import { FAULTS, type Harm, type Scene } from './faults.js';
import type { Random } from './random.js';
import type { Receiver } from './receiver.js';

export interface Round extends Harm {
  number: number;
  fault: string;
  /** Deliveries whose first arrival is later than this, and before the next round's, count for this round. */
  from: number;
  /** Requests that waited for an answer as it was done. */
  inFlight: number;
  /** From the fault on until an event that was published after it has arrived, in ms; null: it did not in time. */
  recoveredMs: number | null;
  /** The longest time in it without any arrival at the witness, in ms. */
  silenceMs: number;
}

/** What is done and not yet on record lasts no longer than this, in milliseconds. */
const RECORD_MS = 1000;
const CALM_MS = 2000;
const RECOVERED_WITHIN_MS = 300_000;

/** Every fault once before any comes again. */
export function drawFaults(random: Random, rounds: number): string[] {
  const drawn: string[] = [];
  while (drawn.length < rounds) drawn.push(...random.shuffled(Object.keys(FAULTS)));
  return drawn.slice(0, rounds);
}

export interface RoundSettings {
  number: number;
  fault: string;
  /** It gets every event. */
  witness: Receiver;
  inFlight: () => number;
}

export async function runRound(
  scene: Scene,
  { number, fault, witness, inFlight }: RoundSettings,
): Promise<Round> {
  await sleep(CALM_MS);
  const startedAt = performance.now();
  const open = inFlight();
  const harm = await FAULTS[fault]?.(scene);
  if (!harm) throw new Error(`there is no fault "${fault}"`);
  const recovered = await firstArrivalAfter(scene, witness, performance.now());
  const round = {
    ...harm,
    number,
    fault,
    from: startedAt - RECORD_MS,
    inFlight: open,
    recoveredMs: recovered === null ? null : Math.round(recovered - startedAt),
    silenceMs: Math.round(longestSilence(witness, startedAt)),
  };
  tell(round);
  return round;
}

/** When an event arrived that was accepted after `thenMs`, through each door. */
async function firstArrivalAfter({ load }: Scene, witness: Receiver, thenMs: number): Promise<number | null> {
  const deadline = performance.now() + RECOVERED_WITHIN_MS;
  const hasArrived = (door: string) => {
    for (const event of [...load.published.values()].toReversed()) {
      if (event.from < thenMs) return false;
      if (event.door === door && witness.arrivals.has(event.n)) return true;
    }
    return false;
  };
  while (performance.now() < deadline) {
    if (hasArrived('http') && hasArrived('redis')) return performance.now();
    await sleep(50);
  }
  return null;
}

function longestSilence({ arrivals }: Receiver, from: number): number {
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

function tell({ number, fault, detail, inFlight, recoveredMs, silenceMs }: Round): void {
  const how = recoveredMs === null ? 'did not recover' : `recovered after ${seconds(recoveredMs)}`;
  console.log(
    `round ${number}: ${fault}${detail && ` (${detail})`}, ${inFlight} in flight: ${how}, silent for ${seconds(silenceMs)}`,
  );
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
