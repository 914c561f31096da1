import { isoDay } from '../ids/iso-day.js';

/** Retention periods, in days. */
export interface Retention {
  /** For events, deliveries, attempts and other history. */
  recordDays: number;
  /** For events with their payloads, if shorter. Null: same as `recordDays`. */
  payloadDays: number | null;
}

/** The first UTC days that are kept in full, as `2031-05-30`. */
export interface RetentionCutoffs {
  record: string;
  payload: string;
}

const DAY_MS = 86_400_000;

/** Returns the first days to keep. A day is kept until its last moment is older than the retention period. */
export function retentionCutoffs({ recordDays, payloadDays }: Retention, now: Date): RetentionCutoffs {
  const firstDay = (days: number) => isoDay(new Date(now.getTime() - days * DAY_MS));
  return { record: firstDay(recordDays), payload: firstDay(Math.min(payloadDays ?? recordDays, recordDays)) };
}
