import * as fc from 'fast-check';
import { type Command, sequences } from './command.js';
import { Deviation, runSequence } from './run-sequence.js';
import type { System } from './sequence.js';

export interface Exploration {
  /** The number of sequences that ran. */
  done: number;
  failures: Failure[];
  /** The shortest sequence that still fails alone; null if the first failing sequence does not fail alone. */
  shrunk: Shrunk | null;
}

export interface Failure {
  /** Its index among the sequences of the seed. */
  index: number;
  /** The violations when it ran beside the others. */
  message: string;
}

export interface Shrunk {
  commands: Command[];
  message: string;
}

export interface Plan {
  count: number;
  seed: number;
  /** Sequences that run at once. Each spends most of its time waiting for the suspend barrier. */
  concurrency: number;
  onDone?: (done: number) => void;
}

/** A failure that depends on timing may need several attempts to occur again. */
const SHRINK_ATTEMPTS = 4;

/** Time limit for shrinking, in milliseconds. */
const SHRINK_TIMEOUT_MS = 90_000;

/**
 * Runs the sequences of a seed, `concurrency` at once. After the first failure no further sequence starts, and the failing one is
 * shrunk alone.
 */
export async function explore(
  system: System,
  { count, seed, concurrency, onDone }: Plan,
): Promise<Exploration> {
  const queue = fc.sample(sequences, { seed, numRuns: count }).entries();
  const exploration: Exploration = { done: 0, failures: [], shrunk: null };

  async function lane(): Promise<void> {
    for (const [index, commands] of queue) {
      const message = await deviationOf(system, commands);
      exploration.done += 1;
      onDone?.(exploration.done);
      if (message !== null) exploration.failures.push({ index, message });
      if (exploration.failures.length > 0) return;
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane));
  const [first] = exploration.failures;
  if (first) exploration.shrunk = await shrink(system, seed, first.index);
  return exploration;
}

/** Runs a sequence several times at once. Returns the message of the first run that fails, or null. */
async function firstDeviation(system: System, commands: readonly Command[]): Promise<string | null> {
  const runs = Array.from({ length: SHRINK_ATTEMPTS }, () => deviationOf(system, commands));
  return (await Promise.all(runs)).find((message) => message !== null) ?? null;
}

async function deviationOf(system: System, commands: readonly Command[]): Promise<string | null> {
  try {
    await runSequence(system, commands);
    return null;
  } catch (error) {
    if (error instanceof Deviation) return error.message;
    throw error;
  }
}

async function shrink(system: System, seed: number, index: number): Promise<Shrunk | null> {
  let shrunk: Shrunk | null = null;
  const property = fc.asyncProperty(sequences, async (commands) => {
    const message = await firstDeviation(system, commands);
    if (message !== null) shrunk = { commands, message };
    return message === null;
  });
  await fc.check(property, {
    seed,
    path: String(index),
    numRuns: 1,
    interruptAfterTimeLimit: SHRINK_TIMEOUT_MS,
  });
  return shrunk;
}
