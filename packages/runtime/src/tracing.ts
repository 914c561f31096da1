import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import { type Config, configFields } from './config/index.js';
import type { TraceContext } from '@posthorn/core';
import type { Logger } from './logger.js';

export type { Span } from '@opentelemetry/api';

/** What the settings of OpenTelemetry are called elsewhere, too; headers, resource attributes and the like its library reads itself. */
export const TRACING_CONFIG = {
  otlpEndpoint: configFields.otlpEndpoint,
  otlpProtocol: configFields.otlpProtocol,
  tracesExporter: configFields.tracesExporter,
  tracesSampler: configFields.tracesSampler,
  tracesSamplerArg: configFields.tracesSamplerArg,
};

export interface NewSpan {
  name: string;
  kind: 'server' | 'producer' | 'consumer' | 'client';
  attributes: Attributes;
  /** Now, unless said. */
  startedAt?: Date;
  /** What it is part of; what is no W3C Trace Context begins a trace of its own. */
  parent: Partial<TraceContext> | null;
}

/** The spans of a process. */
export interface Tracing {
  startSpan(span: NewSpan): Span;
  /** What goes along to whatever the span brings about. */
  contextOf(span: Span): TraceContext;
  /** Sends what has ended. */
  stop(): Promise<void>;
}

export interface TracingOptions {
  service: string;
  config: Config<typeof TRACING_CONFIG>;
  logger: Logger;
}

/** Null where no traces are wanted: then nothing of OpenTelemetry is loaded. */
export async function startTracing({ config, ...options }: TracingOptions): Promise<Tracing | null> {
  if (config.otlpEndpoint === null || config.tracesExporter === 'none') return null;
  const { openTracing } = await import('./open-tracing.js');
  return openTracing({ config, ...options });
}

/** Marks a span as failed, by a word that there are few of. */
export function failSpan(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
