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

/** Ended spans that wait to be sent; more are dropped, and a collector that is away costs no more memory. */
const MAX_WAITING = 20_000;

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
};

/** Contexts are handed on by hand and nothing is instrumented: work is done in batches, which belong to many traces. */
export async function openTracing({ service, config, logger }: TracingOptions): Promise<Tracing> {
  tellTroubles(logger);
  const processor = new BatchSpanProcessor({
    exporter: await exporterFor(config.otlpProtocol),
    maxQueueSize: MAX_WAITING,
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

/** Each reads the other settings of OTLP from the environment by itself: headers, timeout, certificates. */
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

function rootSampler(name: string, share: number): Sampler {
  if (name === 'always_on') return new AlwaysOnSampler();
  return name === 'always_off' ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(share);
}

const ignore = (): void => {};

function tellTroubles(logger: Logger): void {
  const tell = (message: string) => logger.warn('traces', { trouble: message });
  diag.setLogger(
    { error: tell, warn: tell, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
