import type { TraceContext } from '../trace-context.js';

/** Fields that an event was published with and that are not in its body. Delivery formats can send them. */
export interface EventAttributes {
  /** The key by which its publisher identifies it. */
  idempotencyKey?: string;
  metadata?: Record<string, string>;
}

/** What is stored with an event besides its body: its trace and its attributes. Null if it has none. */
export type EventContext = (Partial<TraceContext> & EventAttributes) | null;

/** Returns the attributes of an event, null if it has none. */
export function eventAttributes(
  idempotencyKey: string | null | undefined,
  metadata: Record<string, string> | null | undefined,
): EventAttributes | null {
  const attributes = {
    ...(idempotencyKey && { idempotencyKey }),
    ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
  };
  return Object.keys(attributes).length > 0 ? attributes : null;
}

export function attributesIn(context: EventContext): EventAttributes | null {
  return context && eventAttributes(context.idempotencyKey, context.metadata);
}

/** Returns the trace of an event, null if it is not recorded. */
export function traceIn(context: EventContext): TraceContext | null {
  const { traceparent, tracestate } = context ?? {};
  if (traceparent === undefined) return null;
  return { traceparent, ...(tracestate !== undefined && { tracestate }) };
}
