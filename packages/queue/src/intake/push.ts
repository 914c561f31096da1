import { CRASHES_BEFORE_REJECTION, MAX_PUSH_BYTES } from '../limits/push-limits.js';

/** A push: an event that a publisher added to Redis. Not validated yet. */
export type Push = {
  /** Stable: the same for every read of the push. */
  id: string;
  /** When the event counts as published, unless that is in the future. */
  pushedAt: Date;
  /** The event type, if the push is well-formed. */
  type: unknown;
  /** Metadata of BullMQ's telemetry; by convention a W3C Trace Context as JSON text. */
  telemetry?: unknown;
  /** Set if the push was delayed before. */
  hasWaited?: true;
  /** Set if the push must be rejected without reading its payload, which may be incomplete. */
  rejection?: PushRejection;
} & (
  | { source: 'queue'; /** The data of the job: JSON text, if the push is well-formed. */ payload: string }
  | { source: 'stream'; /** The fields of the entry except the type. */ payload: Record<string, string> }
);

/** Why a push is rejected without parsing it. */
export interface PushRejection {
  code: 'payload_too_large' | 'producer_crashed' | 'unknown_tenant';
  message: string;
}

/** Returns why a push of this size is rejected, or null. */
export function rejectLarge(bytes: number): PushRejection | null {
  if (bytes <= MAX_PUSH_BYTES) return null;
  return {
    code: 'payload_too_large',
    message: `The push has ${bytes} bytes. The maximum is ${MAX_PUSH_BYTES}.`,
  };
}

/** Returns why a push is rejected that several producers began to ingest before they died, or null. */
export function rejectHarmful(crashes: number): PushRejection | null {
  if (crashes < CRASHES_BEFORE_REJECTION) return null;
  return {
    code: 'producer_crashed',
    message: `${crashes} producers died or stopped responding while they ingested this push.`,
  };
}
