import type { FieldError } from '@posthorn/core';

export interface AcceptedResult {
  /** A duplicate has the id and the deliveries of the event that was published first. */
  status: 'accepted' | 'duplicate';
  id: string;
  /** Number of deliveries. */
  deliveries: number;
}

export interface RejectedResult {
  status: 'rejected';
  code:
    | 'unknown_tenant'
    | 'tenant_suspended'
    | 'tenant_deleted'
    | 'schema_violation'
    | 'payload_too_large'
    | 'quota_exceeded'
    | 'idempotency_key_reused';
  message: string;
  errors: FieldError[];
}

/** The event was not stored in its batch. It is part of a later one. */
export interface DeferredResult {
  status: 'deferred';
  /** The queue in which it waits again. */
  queue: 'costly' | 'ordered';
}

/** The event is a duplicate whose original could not be looked up, or its key is refused. */
export interface FailedResult {
  status: 'failed';
  error: unknown;
}

/** The outcome of publishing one event. */
export type PublishResult = AcceptedResult | RejectedResult;

/** The outcome of one event in a batch. */
export type BatchResult = PublishResult | DeferredResult | FailedResult;
