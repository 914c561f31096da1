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
  /** Jobs were missing in Redis and were made again. */
  recreated(jobs: number): void;
  /** So many default partitions have rows: days were missing. */
  defaultPartitionRows(partitions: number): void;
}

export function producerMetrics(registry: Registry): ProducerMetrics {
  const recreated = new Counter({
    name: 'posthorn_jobs_recreated_total',
    help: 'Jobs that were missing in Redis and were made again from PostgreSQL',
    registers: [registry],
  });
  const defaultPartitionRows = new Gauge({
    name: 'posthorn_default_partitions_used',
    help: 'Default partitions that have rows, which no daily partition covers, as the last maintenance found',
    registers: [registry],
  });
  return {
    event: eventCounter(registry),
    dropped: dropCounter(registry),
    recreated: (jobs) => recreated.inc(jobs),
    defaultPartitionRows: (partitions) => defaultPartitionRows.set(partitions),
  };
}
