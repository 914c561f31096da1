import type { EventAttributes, SearchValue, TraceContext } from '@posthorn/core';

export interface NewEvent {
  id: string;
  tenantId: string;
  type: string;
  /** All patterns that match the type. The same for all events of a type. */
  patterns: string[];
  /** The request body as it will be signed and sent. */
  body: string;
  /** A time in the future counts as now, by the clock of PostgreSQL. */
  publishedAt: Date;
  /** The event was pushed to Redis: webhooks activated after `publishedAt` do not match. */
  pushed: boolean;
  idempotencyKey: string | null;
  /** See `eventDigest`. Stored with the idempotency key, of which an event with another digest is no duplicate. Null: any event is one. */
  digest?: string | null;
  /** What the event can be found by. Not stored with the statement for events without rules. */
  searchValues?: readonly SearchValue[];
  /**
   * Days for which its payload is kept; 0 until all its deliveries are settled. Null or absent: as long as the event. Not applied by the
   * statement for events without rules.
   */
  payloadDays?: number | null;
  /**
   * Days for which its deliveries and their attempts are kept, at least as many as its payload. Null or absent: as long as the event. Not
   * applied by the statement for events without rules.
   */
  historyDays?: number | null;
  /** Null when the trace of the event is not recorded. */
  traceContext?: TraceContext | null;
  /** Null or absent without any. */
  attributes?: EventAttributes | null;
}
