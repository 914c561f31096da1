import { writeFileSync } from 'node:fs';
import type { Bench } from './bench.js';
import { machineCard } from './card.js';

export interface Options {
  rounds: number;
  /** Events of a round that goes as fast as it can; null: the scenario's own number. */
  count: number | null;
  /** The load that is offered; null: half of what e2e-http reaches. */
  perSecond: number | null;
  /** How long the offered load is measured, and how long it runs before. */
  seconds: number;
  warmupSeconds: number;
}

/** One number that a scenario is judged by. */
export interface Figure {
  name: string;
  value: number;
  better: 'higher' | 'lower';
  must: number;
  aim: number;
}

export interface Result {
  figures: Figure[];
  /** What is printed and written beside the figures. */
  summary: Record<string, number>;
  rounds: object[];
}

export type Scenario = (bench: Bench, options: Options) => Promise<Result>;

/** Prints the result of a scenario and writes it to `file`, if one is named. */
export function report(scenario: string, { figures, summary, rounds }: Result, file?: string): void {
  console.table([{ scenario, ...summary }]);
  console.table(
    figures.map(({ name, value, must, aim, ...rest }) => ({
      figure: name,
      value,
      'must reach': must,
      aim,
      reached: reached({ name, value, must, aim, ...rest }),
    })),
  );
  const machine = machineCard();
  console.log('machine:', machine);
  if (!file) return;
  const measuredAt = new Date().toISOString();
  const written = { scenario, machine, measuredAt, ...summary, figures, rounds };
  writeFileSync(file, `${JSON.stringify(written, null, 2)}\n`);
}

function reached({ value, better, must, aim }: Figure): string {
  const reaches = (wanted: number) => (better === 'higher' ? value >= wanted : value <= wanted);
  if (reaches(aim)) return 'the aim';
  return reaches(must) ? 'yes' : 'no';
}
