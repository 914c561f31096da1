import type { EventAttributes, TraceContext } from '@posthorn/core';
import type { RememberedKey } from '@posthorn/database/events';

/**
 * The check of the key that published the events of one call. The first statement that stores one of the events makes it; the other
 * events of the call need no further one.
 */
export interface KeyCheck {
  readonly key: RememberedKey;
  state: 'pending' | 'active' | 'refused';
}

/** The state of the rate at which a tenant publishes. */
export interface EventRate {
  name: 'events';
  /** Events per second. */
  quota: number;
  /** Events that the tenant may publish at once. */
  remaining: number;
  /** When a refused call can be repeated, in seconds. */
  resetS: number | undefined;
}

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
  /** Called with the rate of the tenant, if it is limited. */
  noteRate?: ((rate: EventRate) => void) | undefined;
  /**
   * For an event pushed to Redis, or stored in an outbox: the id and the time of the push. The same push always gets the same event id.
   * `keepsDay`: its id has its own time, whatever its day; otherwise a push from before yesterday counts as one of yesterday.
   */
  pushed: { id: string; at: Date; keepsDay?: true } | null;
  /** The check of the publisher's key that remains to be made. Without it, the key has been checked or there is none. */
  keyCheck?: KeyCheck | undefined;
  /** What it was published with besides its body. Null or absent without any. */
  attributes?: EventAttributes | null;
  /** The publisher's trace context. */
  trace?: TraceContext | null;
}
