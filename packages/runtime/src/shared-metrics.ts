import {
  Counter,
  type CounterConfiguration,
  Gauge,
  type GaugeConfiguration,
  type Registry,
} from 'prom-client';

/** Returns the counter of this name, which the first part of the process that needs it registers. */
export function sharedCounter<Label extends string>(
  registry: Registry,
  configuration: CounterConfiguration<Label>,
): Counter {
  const existing = registry.getSingleMetric(configuration.name);
  return existing instanceof Counter ? existing : new Counter({ ...configuration, registers: [registry] });
}

/** Returns the gauge of this name, which the first part of the process that needs it registers. */
export function sharedGauge<Label extends string>(
  registry: Registry,
  configuration: GaugeConfiguration<Label>,
): Gauge {
  const existing = registry.getSingleMetric(configuration.name);
  return existing instanceof Gauge ? existing : new Gauge({ ...configuration, registers: [registry] });
}
