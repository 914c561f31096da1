import type { components } from '@posthorn/sdk';

export type Comparison = components['schemas']['Comparison'];

/** The result for one recorded request. */
export interface Compared {
  /** Null for a delivery that has no recorded request. */
  line: number | null;
  event: string;
  /** `equalAsJson`: only the body differs, and only in how its JSON is written. */
  result: 'equal' | 'equalAsJson' | 'different' | 'failed' | 'unrecorded';
  /** What differs, or why the request could not be compared. */
  differences: string[];
  comparison: Comparison | null;
}
