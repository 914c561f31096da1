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
  code: 'unknown_tenant' | 'schema_violation' | 'payload_too_large';
  message: string;
  errors: FieldError[];
}

/** The outcome of publishing one event. */
export type AcceptResult = AcceptedResult | RejectedResult;
