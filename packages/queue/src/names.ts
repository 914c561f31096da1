/** The BullMQ queue that producers push events to: part of the outside contract. */
export const EVENTS_QUEUE = 'events';

/** The BullMQ queue of deliveries that wait for a worker. */
export const DELIVERIES_QUEUE = 'deliveries';

/** The stream for producers without a BullMQ client: part of the outside contract. */
export const intakeStream = (prefix: string): string => `${prefix}:intake`;

/** There as long as Redis holds what the reconciler has put into it. */
export const filledMarker = (prefix: string): string => `${prefix}:filled`;

const JOB_PREFIX = 'd_';

/** The id of a delivery's one job. Adding it twice adds it once. */
export const jobIdOf = (deliveryId: string): string => JOB_PREFIX + deliveryId;

export const deliveryIdOf = (jobId: string): string => jobId.slice(JOB_PREFIX.length);

export const deliveryJobKey = (prefix: string, deliveryId: string): string =>
  `${prefix}:${DELIVERIES_QUEUE}:${jobIdOf(deliveryId)}`;
