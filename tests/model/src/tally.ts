import type { Run } from './fate.js';

/** What was done, for the report. */
export interface Tally {
  commands: number;
  /** Lifecycle commands that the state forbade, as the model said. */
  refusals: number;
  events: number;
  requests: number;
  runs: Record<Run['bound'], number>;
  duplicates: number;
  /** Requests that came after a suspend or delete was answered, and had begun before. */
  begunBefore: number;
}

export const newTally = (): Tally => ({
  commands: 0,
  refusals: 0,
  events: 0,
  requests: 0,
  runs: { must: 0, may: 0, never: 0 },
  duplicates: 0,
  begunBefore: 0,
});
