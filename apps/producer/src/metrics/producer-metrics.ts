import type { Lane } from '@posthorn/core';
import type { OutboxState } from '@posthorn/database/outbox';
import {
  Counter,
  type CountDropped,
  type CountEvent,
  dropCounter,
  eventCounter,
  Gauge,
  type Registry,
} from '@posthorn/runtime';

export interface ProducerMetrics {
  event: CountEvent;
  dropped: CountDropped;
  /** Counts emails that were sent or failed, and notices that expired or were abandoned. */
  email(result: 'sent' | 'failed' | 'expired', count: number): void;
  /** Counts jobs that were missing in Redis and were recreated. */
  recreated(jobs: number): void;
  /** Sets whether a lane withholds deliveries because it is full. */
  withholding(lane: Lane, isWithholding: boolean): void;
  /** Sets the number of default partitions that contain rows, because daily partitions were missing. */
  defaultPartitionRows(partitions: number): void;
  /** Sets how far the clock of PostgreSQL is ahead of the clock of this process, in seconds. */
  clockDifference(seconds: number): void;
  /** Sets the state of an outbox; null if it cannot be read. */
  outbox(name: string, state: OutboxState | null): void;
}

export function producerMetrics(registry: Registry): ProducerMetrics {
  const recreated = new Counter({
    name: 'posthorn_jobs_recreated_total',
    help: 'Jobs that were missing in Redis and were recreated from PostgreSQL',
    registers: [registry],
  });
  const withholding = new Gauge({
    name: 'posthorn_lane_withholding',
    help: '1 while a lane has as many jobs in Redis as it may have, and further deliveries wait in PostgreSQL',
    labelNames: ['lane'],
    aggregator: 'max',
    registers: [registry],
  });
  const defaultPartitionRows = new Gauge({
    name: 'posthorn_default_partitions_used',
    help: 'Default partitions that contain rows outside every daily partition, found by the last maintenance',
    aggregator: 'max',
    registers: [registry],
  });
  const clockDifference = new Gauge({
    name: 'posthorn_clock_difference_seconds',
    help: 'How far the clock of PostgreSQL is ahead of the clock of this process, measured by the last maintenance; negative: behind',
    aggregator: 'average',
    registers: [registry],
  });
  const emails = new Counter({
    name: 'posthorn_emails_total',
    help: 'Emails that were sent or whose attempt failed, and notices that expired or were abandoned',
    labelNames: ['result'],
    registers: [registry],
  });
  for (const result of ['sent', 'failed', 'expired']) emails.inc({ result }, 0);
  const outbox = outboxGauges(registry);
  return {
    email: (result, count) => emails.inc({ result }, count),
    event: eventCounter(registry),
    dropped: dropCounter(registry),
    recreated: (jobs) => recreated.inc(jobs),
    withholding: (lane, isWithholding) => withholding.set({ lane }, isWithholding ? 1 : 0),
    defaultPartitionRows: (partitions) => defaultPartitionRows.set(partitions),
    clockDifference: (seconds) => clockDifference.set(seconds),
    outbox,
  };
}

function outboxGauges(registry: Registry): ProducerMetrics['outbox'] {
  // Of a group of processes, each reads the outbox in turn.
  const gauge = (name: string, help: string, aggregator: 'min' | 'max' = 'max') =>
    new Gauge({ name, help, aggregator, labelNames: ['outbox'], registers: [registry] });
  const up = gauge('posthorn_outbox_up', 'Whether the outbox could be read at the last try', 'min');
  const rows = gauge('posthorn_outbox_rows', 'Rows in the outbox, at most 100000');
  const refused = gauge(
    'posthorn_outbox_refused_rows',
    'Rows that are kept in the outbox because their time is older than the retention, or in the future',
  );
  const oldest = gauge('posthorn_outbox_oldest_age_seconds', 'Age of the oldest row in the outbox');
  return (name, state) => {
    const labels = { outbox: name };
    up.set(labels, state ? 1 : 0);
    if (state === null) return;
    rows.set(labels, state.rows);
    refused.set(labels, state.refused);
    oldest.set(labels, state.oldestSeconds);
  };
}
