import { isoDay } from '../ids/iso-day.js';

/** Retention periods, in days. */
export interface Retention {
  /** For events, deliveries, attempts and other history. */
  recordDays: number;
  /** For events with their payloads, if shorter. Null: same as `recordDays`. */
  payloadDays: number | null;
  auditDays: number;
}

/**
 * When data expires. The cutoffs of records and payloads are the first UTC days that are kept in full, as `2031-05-30`, and so is `today`,
 * for payloads that are stored with their own day, and for shorter histories, of which `counted` is the first day that must be kept.
 */
export interface RetentionCutoffs {
  record: string;
  payload: string;
  today: string;
  counted: string;
  audit: Date;
  stats: Date;
  /** The first day of usage that is kept. */
  usage: string;
  now: Date;
}

const DAY_MS = 86_400_000;

/** Maximum retention of the statistics by the minute, in days. */
const STATS_DAYS = 30;

/** Retention of usage, in months. */
const USAGE_MONTHS = 24;

/** Returns the cutoffs at `now`. A day is kept until its last moment is older than the retention period. */
export function retentionCutoffs(
  { recordDays, payloadDays, auditDays }: Retention,
  now: Date,
): RetentionCutoffs {
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS);
  return {
    record: isoDay(before(recordDays)),
    payload: isoDay(before(Math.min(payloadDays ?? recordDays, recordDays))),
    today: isoDay(now),
    counted: isoDay(now),
    audit: before(auditDays),
    stats: before(Math.min(STATS_DAYS, recordDays)),
    usage: isoDay(
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - USAGE_MONTHS, now.getUTCDate())),
    ),
    now,
  };
}

/** Returns the cutoffs so that no day is dropped whose usage is not counted. */
export function afterCount(cutoffs: RetentionCutoffs, countedUntil: Date): RetentionCutoffs {
  const day = isoDay(countedUntil);
  const earlier = (cutoff: string): string => (cutoff < day ? cutoff : day);
  return {
    ...cutoffs,
    record: earlier(cutoffs.record),
    payload: earlier(cutoffs.payload),
    counted: earlier(cutoffs.counted),
  };
}
