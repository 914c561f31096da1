import type { TraceContext } from './trace-context.js';

/** Fields that an event was published with and that are not in its body. */
export interface EventAttributes {
  /** The key by which its publisher identifies it. */
  idempotencyKey?: string;
  metadata?: Record<string, string>;
  /** The key in whose order webhooks get it: of the publisher, or from its data by the ordering pointer of its type. */
  orderingKey?: string;
}

/** What is stored with an event besides its body: its trace and its attributes. Null if it has none. */
export type EventContext = (Partial<TraceContext> & EventAttributes) | null;

/** Returns the attributes of an event, null if it has none. */
export function eventAttributes({
  idempotencyKey,
  metadata,
  orderingKey,
}: { [Field in keyof EventAttributes]?: EventAttributes[Field] | null }): EventAttributes | null {
  const attributes = {
    ...(idempotencyKey && { idempotencyKey }),
    ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
    ...(orderingKey && { orderingKey }),
  };
  return Object.keys(attributes).length > 0 ? attributes : null;
}

export function attributesIn(context: EventContext): EventAttributes | null {
  return context && eventAttributes(context);
}

/** Returns the trace of an event, null if it is not recorded. */
export function traceIn(context: EventContext): TraceContext | null {
  const { traceparent, tracestate } = context ?? {};
  if (traceparent === undefined) return null;
  return { traceparent, ...(tracestate !== undefined && { tracestate }) };
}
