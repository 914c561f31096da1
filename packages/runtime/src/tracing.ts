import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api';
import type { TraceContext } from '@posthorn/core';
import type { Config, tracingConfig } from './config/index.js';
import type { Logger } from './logger.js';

export type { Span } from '@opentelemetry/api';

export interface TracingOptions {
  service: string;
  config: Config<typeof tracingConfig>;
  logger: Logger;
}

interface NewSpan {
  name: string;
  kind: 'server' | 'producer' | 'consumer' | 'client';
  attributes: Attributes;
  /** Default: now. */
  startedAt?: Date;
  /** The parent span. Anything but a valid W3C Trace Context starts a new trace. */
  parent: Partial<TraceContext> | null;
}

/** Creates and exports the spans of a process. */
export interface Tracing {
  startSpan(span: NewSpan): Span;
  /** Returns the trace context to propagate to work that the span causes. */
  contextOf(span: Span): TraceContext;
  /** Exports the spans that have ended, then shuts down. */
  stop(): Promise<void>;
}

/** Marks a span as failed. `errorType` has few distinct values. */
export function failSpan(span: Span, errorType: string): void {
  span.setAttribute('error.type', errorType);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
