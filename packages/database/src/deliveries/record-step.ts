import type { DeliveryStatus } from '@posthorn/core';
import type pg from 'pg';
import type { AttemptRecord } from './attempt-input.js';

/** A delivery after one of its attempts was recorded. */
export interface RecordedDelivery {
  status: DeliveryStatus;
  /** When its job runs next, in milliseconds from now; null if it needs none: it is settled, parked or held. */
  dueInMs: number | null;
  /** It was made pending again, with a later epoch, after the request of the attempt had started. */
  isSuperseded?: boolean;
  /** It was settled, with a shorter history than that of the installation. */
  hasShorterHistory?: boolean;
}

export type RecordedRow = RecordedDelivery & { id: string };

/** Records attempts of different deliveries with one statement, and returns those deliveries that it found. */
export type RecordStep = (pool: pg.Pool, attempts: readonly AttemptRecord[]) => Promise<RecordedRow[]>;
