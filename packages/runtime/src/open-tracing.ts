import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  diag,
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TraceContext } from '@posthorn/core';
import type { Logger } from './logger.js';
import type { Tracing, TracingOptions } from './tracing.js';

/** Maximum number of spans queued for export. Further ones are dropped, which bounds memory while the collector is down. */
const MAX_QUEUED_SPANS = 20_000;

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
};

/**
 * Starts OpenTelemetry. Contexts are passed explicitly and nothing is auto-instrumented, because work is done in batches
 * that belong to many traces.
 */
export async function openTracing({ service, config, logger }: TracingOptions): Promise<Tracing> {
  logDiagnostics(logger);
  // The exporter reads it there, and it may come from a file.
  if (config.otlpEndpoint !== null) process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ||= config.otlpEndpoint;
  const processor = new BatchSpanProcessor({
    exporter: await exporterFor(config.otlpProtocol),
    maxQueueSize: MAX_QUEUED_SPANS,
    scheduledDelayMillis: config.tracesExportDelayMs,
  });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': `posthorn-${service}` }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerFor(config),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('posthorn');
  const propagator = new W3CTraceContextPropagator();
  const parentOf = (carrier: Partial<TraceContext> | null): Context =>
    carrier ? propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter) : ROOT_CONTEXT;

  return {
    startSpan: ({ name, kind, attributes, startedAt, parent }) =>
      tracer.startSpan(
        name,
        { kind: KINDS[kind], attributes, ...(startedAt && { startTime: startedAt }) },
        parentOf(parent),
      ),
    contextOf(span) {
      const carrier: TraceContext = { traceparent: '' };
      propagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
      return carrier;
    },
    stop: () => provider.shutdown(),
  };
}

/** Loads the exporter. It reads its other settings from the environment: headers, timeout, certificates. */
async function exporterFor(protocol: 'http/protobuf' | 'http/json'): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

function samplerFor({ tracesSampler, tracesSamplerArg }: TracingOptions['config']): Sampler {
  const root = rootSampler(tracesSampler.replace('parentbased_', ''), tracesSamplerArg);
  return tracesSampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, ratio: number): Sampler {
  if (name === 'always_on') return new AlwaysOnSampler();
  return name === 'always_off' ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio);
}

const ignore = (): void => {};

/** Logs the warnings and errors of OpenTelemetry itself. */
function logDiagnostics(logger: Logger): void {
  const warn = (message: string) => logger.warn('tracing failed', { reason: message });
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
