import type { EventAttributes, Moment, TraceContext } from '@posthorn/core';
import type { DeliveryJob } from '@posthorn/queue';

export interface TenantJob extends DeliveryJob {
  tenantId: string;
  /** For starting the delivery in this process. */
  stored?: JustStored | null;
}

/** A delivery that this process has just stored, with its event. */
export interface JustStored {
  eventId: string;
  webhookId: string;
  /** The version of the webhook that it matched, as in `LoadedDelivery`. */
  webhookVersion: string;
  epoch: number;
  nextAttemptAt: Date;
  eventType: string;
  body: string;
  traceContext: TraceContext | null;
  attributes: EventAttributes | null;
  /** When the statement that stored it was sent, or earlier. */
  readAt: Moment;
}

/** Starts new deliveries in the process that has stored them, and returns the jobs of the others, which are to be added to their lanes. */
export type StartOrReturn = (jobs: readonly TenantJob[]) => TenantJob[];
