/** The metrics of one process, as prom-client exports them for aggregation. */
export interface Report {
  gauges: object[];
  /** With the histograms: they only increase. */
  counters: object[];
}

/** Sent by the primary to a process of its group. */
export type ToMember =
  | { type: 'readiness'; isReady: boolean }
  | { type: 'collect' }
  | { type: 'metrics'; text: string };

/** Sent by a process to the primary. */
export type ToPrimary =
  /** By `runService`. */
  { type: 'ready' } | { type: 'scrape' } | { type: 'report'; report: Report };
