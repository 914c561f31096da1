import { writeFileSync } from 'node:fs';
import type { Bench } from './bench.js';
import { machineInfo } from './machine-info.js';

export interface Options {
  rounds: number;
  /** Events per closed-loop round; null for the scenario's default. */
  count: number | null;
  /** The offered load; null for half of the e2e-http rate. */
  perSecond: number | null;
  /** The measured period of the offered load, after the warm-up. */
  seconds: number;
  warmupSeconds: number;
}

/** A number that a scenario is judged by. */
export interface Figure {
  name: string;
  value: number;
  better: 'higher' | 'lower';
  threshold: number;
  target: number;
}

/** Returns a figure that is better when it is lower. */
export const lowerIsBetter = (
  name: string,
  value: number,
  { threshold, target }: Pick<Figure, 'threshold' | 'target'>,
): Figure => ({ name, value, better: 'lower', threshold, target });

export interface Result {
  figures: Figure[];
  /** Printed and written beside the figures. */
  summary: Record<string, number>;
  rounds: object[];
}

export type Scenario = (bench: Bench, options: Options) => Promise<Result>;

/** Prints the result of a scenario and writes it to `file`, if given. */
export function report(scenario: string, { figures, summary, rounds }: Result, file?: string): void {
  console.table([{ scenario, ...summary }]);
  console.table(
    figures.map(({ name, value, threshold, target, ...rest }) => ({
      figure: name,
      value,
      threshold,
      target,
      reached: reached({ name, value, threshold, target, ...rest }),
    })),
  );
  const machine = machineInfo();
  console.log('machine:', machine);
  if (!file) return;
  const measuredAt = new Date().toISOString();
  const written = { scenario, machine, measuredAt, ...summary, figures, rounds };
  writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`);
}

function reached({ value, better, threshold, target }: Figure): string {
  const reaches = (limit: number) => (better === 'higher' ? value >= limit : value <= limit);
  if (reaches(target)) return 'target';
  return reaches(threshold) ? 'yes' : 'no';
}
