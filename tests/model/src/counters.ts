import type { DeliveryRun } from './expected-delivery.js';

/** Totals for the report. */
export interface Counters {
  commands: number;
  /** Lifecycle commands that the API rejected because of the webhook's state, as the model expected. */
  rejections: number;
  events: number;
  requests: number;
  /** Entries of feeds that were read and compared. */
  feedEntries: number;
  runs: Record<DeliveryRun['expectation'], number>;
  duplicates: number;
  /** Requests that arrived after a suspend or delete call had returned, and had started before. */
  startedBefore: number;
}

export const newCounters = (): Counters => ({
  commands: 0,
  rejections: 0,
  events: 0,
  requests: 0,
  feedEntries: 0,
  runs: { required: 0, optional: 0, forbidden: 0 },
  duplicates: 0,
  startedBefore: 0,
});
