import { Gauge, type ProcessGroup, type Registry } from '@posthorn/runtime';

/** Registers gauges of how many processes the metrics cover. */
export function groupGauges(registry: Registry, { size }: ProcessGroup): void {
  new Gauge({
    name: 'posthorn_processes',
    help: 'Processes of the role all whose metrics are included',
    registers: [registry],
  }).set(1);
  new Gauge({
    name: 'posthorn_processes_configured',
    help: 'Processes of the role all that should run',
    aggregator: 'max',
    registers: [registry],
  }).set(size);
}
