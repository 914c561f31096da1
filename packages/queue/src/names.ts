import { type Lane, LANES } from '@posthorn/core';

/** The BullMQ queue that producers push events to: part of the outside contract. */
export const EVENTS_QUEUE = 'events';

/** The BullMQ queue of the deliveries that wait in a lane. */
export const deliveriesQueue = (lane: Lane): string => `deliveries-${lane}`;

/** The stream for producers without a BullMQ client: part of the outside contract. */
export const intakeStream = (prefix: string): string => `${prefix}:intake`;

/** There as long as Redis holds what the reconciler has put into it. */
export const populatedMarkerKey = (prefix: string): string => `${prefix}:filled`;

/** The name of the job of a delivery that was held for its webhook to have room. */
export const RELEASED = 'released';

const JOB_PREFIX = 'd_';

/** The id of a delivery's one job. Adding it twice adds it once. */
export const jobIdOf = (deliveryId: string): string => JOB_PREFIX + deliveryId;

export const deliveryIdOf = (jobId: string): string => jobId.slice(JOB_PREFIX.length);

/** Where the job of a delivery may be: one key for each lane. */
export const deliveryJobKeys = (prefix: string, deliveryId: string): string[] =>
  LANES.map((lane) => `${prefix}:${deliveriesQueue(lane)}:${jobIdOf(deliveryId)}`);
