import type { TraceContext } from '@posthorn/core';

/** An event as it was published, already validated in form. */
export interface IncomingEvent {
  /** A UUID. The tenant does not have to exist. */
  tenantId: string;
  type: string;
  data: Record<string, unknown>;
  occurredAt: Date | null;
  idempotencyKey: string | null;
  /** For an event pushed to Redis: the id and the time of the push. The same push always gets the same event id. */
  pushed: { id: string; at: Date } | null;
  /** The publisher's trace context. */
  trace?: TraceContext | null;
}
