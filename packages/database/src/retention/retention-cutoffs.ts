import { isoDay } from '../ids/iso-day.js';

/** Retention periods, in days. */
export interface Retention {
  /** For events, deliveries, attempts and other history. */
  recordDays: number;
  /** For events with their payloads, if shorter. Null: same as `recordDays`. */
  payloadDays: number | null;
  auditDays: number;
}

/** When data expires. The cutoffs of records and payloads are the first UTC days that are kept in full, as `2031-05-30`. */
export interface RetentionCutoffs {
  record: string;
  payload: string;
  audit: Date;
  stats: Date;
  now: Date;
}

const DAY_MS = 86_400_000;

/** Maximum retention of the statistics by the minute, in days. */
const STATS_DAYS = 30;

/** Returns the cutoffs at `now`. A day is kept until its last moment is older than the retention period. */
export function retentionCutoffs(
  { recordDays, payloadDays, auditDays }: Retention,
  now: Date,
): RetentionCutoffs {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS);
  return {
    record: isoDay(before(recordDays)),
    payload: isoDay(before(Math.min(payloadDays ?? recordDays, recordDays))),
    audit: before(auditDays),
    stats: before(Math.min(STATS_DAYS, recordDays)),
    now,
  };
}
