import { isoDay } from './partitions.js';

/** How long things are kept, in days. */
export interface Retention {
  /** Events, deliveries, attempts, and what else tells of the past. */
  recordDays: number;
  /** Events with their payloads, where that is shorter; null: as long as the record. */
  payloadDays: number | null;
}

/** The first days, in UTC, of which everything is kept: `2031-05-30`. */
export interface RetentionCutoffs {
  record: string;
  payload: string;
}

const DAY_MS = 86_400_000;

/** A day is kept until its last moment is older than the retention. */
export function retentionCutoffs({ recordDays, payloadDays }: Retention, now: Date): RetentionCutoffs {
  const firstDay = (days: number) => isoDay(new Date(now.getTime() - days * DAY_MS));
  return { record: firstDay(recordDays), payload: firstDay(Math.min(payloadDays ?? recordDays, recordDays)) };
}
