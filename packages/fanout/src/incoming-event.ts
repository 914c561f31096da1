import type { TraceContext } from '@posthorn/core';

/** An event as it was published, already validated in form. */
export interface IncomingEvent {
  /** A UUID. The tenant does not have to exist. */
  tenantId: string;
  type: string;
  /** The parsed data, for schemas and filters. */
  data: Record<string, unknown>;
  /** The data as the publisher wrote it, which is stored and sent. Null for an event that Posthorn creates. */
  dataText: string | null;
  occurredAt: Date | null;
  idempotencyKey: string | null;
  /** The quota of the tenant for the size of its body, in bytes. */
  maxBytes?: number;
  /** For an event pushed to Redis: the id and the time of the push. The same push always gets the same event id. */
  pushed: { id: string; at: Date } | null;
  /** The publisher's trace context. */
  trace?: TraceContext | null;
}
