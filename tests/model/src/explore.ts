import * as fc from 'fast-check';
import { type Command, sequences } from './command.js';
import { Deviation, runSequence } from './run-sequence.js';
import type { World } from './world.js';

export interface Exploration {
  /** Sequences that were carried out. */
  done: number;
  failures: Failure[];
  /** The shortest that still fails alone; null when the first failure did not fail alone. */
  shrunk: Shrunk | null;
}

export interface Failure {
  /** Where it stands among the sequences of the seed. */
  index: number;
  /** What differed as it ran among the others. */
  message: string;
}

export interface Shrunk {
  commands: Command[];
  message: string;
}

export interface Plan {
  count: number;
  seed: number;
  /** Sequences at once: most of the time of each is spent waiting for a suspend. */
  concurrency: number;
  onDone?: (done: number) => void;
}

/** What timing brings about may take several tries to come about again. */
const TRIES_OF_SHRUNK = 4;

/** How long a failure is shrunk, in milliseconds. */
const SHRINKING_MS = 90_000;

/** Carries out the sequences of a seed, many at once. After a first failure none is begun; it is then shrunk alone. */
export async function explore(
  world: World,
  { count, seed, concurrency, onDone }: Plan,
): Promise<Exploration> {
  const queue = fc.sample(sequences, { seed, numRuns: count }).entries();
  const exploration: Exploration = { done: 0, failures: [], shrunk: null };

  async function lane(): Promise<void> {
    for (const [index, commands] of queue) {
      const message = await deviationOf(world, commands);
      exploration.done += 1;
      onDone?.(exploration.done);
      if (message !== null) exploration.failures.push({ index, message });
      if (exploration.failures.length > 0) return;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane));
  const [first] = exploration.failures;
  if (first) exploration.shrunk = await shrink(world, seed, first.index);
  return exploration;
}

/** What the first of several runs at once of the same sequence says that fails; null when none does. */
async function firstDeviation(world: World, commands: readonly Command[]): Promise<string | null> {
  const runs = Array.from({ length: TRIES_OF_SHRUNK }, () => deviationOf(world, commands));
  return (await Promise.all(runs)).find((message) => message !== null) ?? null;
}

async function deviationOf(world: World, commands: readonly Command[]): Promise<string | null> {
  try {
    await runSequence(world, commands);
    return null;
  } catch (error) {
    if (error instanceof Deviation) return error.message;
    throw error;
  }
}

async function shrink(world: World, seed: number, index: number): Promise<Shrunk | null> {
  let shrunk: Shrunk | null = null;
  const property = fc.asyncProperty(sequences, async (commands) => {
    const message = await firstDeviation(world, commands);
    if (message !== null) shrunk = { commands, message };
    return message === null;
  });
  await fc.check(property, { seed, path: String(index), numRuns: 1, interruptAfterTimeLimit: SHRINKING_MS });
  return shrunk;
}
