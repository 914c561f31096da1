import type { Tracing, TracingOptions } from './tracing.js';

/** Starts tracing. Returns null, without loading OpenTelemetry, when there is no endpoint or no exporter. */
export async function startTracing({ config, ...options }: TracingOptions): Promise<Tracing | null> {
  if (config.otlpEndpoint === null || config.tracesExporter === 'none') return null;
  const { openTracing } = await import('./open-tracing.js');
  return openTracing({ config, ...options });
}
