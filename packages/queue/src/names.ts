import { type Lane, LANES } from '@posthorn/core';

/** The BullMQ queue that publishers add events to. Part of the public contract. */
export const EVENTS_QUEUE = 'events';

/** Returns the name of the BullMQ queue of a lane. */
export const deliveriesQueue = (lane: Lane): string => `deliveries-${lane}`;

/** Returns the key of the stream for publishers without a BullMQ client. Part of the public contract. */
export const intakeStream = (prefix: string): string => `${prefix}:intake`;

/** Returns the key of the stream in which every version of BullMQ records that a push was added. */
export const eventsLog = (prefix: string): string => `${prefix}:${EVENTS_QUEUE}:events`;

/** The processes that another process can wake. */
export type Sleeper = 'producers' | 'workers';

/** Returns the key of the stream whose entries wake them. */
export const wakeStream = (prefix: string, sleeper: Sleeper): string => `${prefix}:wake-${sleeper}`;

/** Returns the key of the time at which the stream was last recreated, which makes its ids unique. */
export const intakeGenerationKey = (prefix: string): string => `${prefix}:intake-generation`;

/** Returns the key of the marker that the reconciler sets. It is missing after Redis has lost its data. */
export const populatedMarkerKey = (prefix: string): string => `${prefix}:populated`;

/** Returns the key of the id of the installation that uses the prefix. */
export const installationKey = (prefix: string): string => `${prefix}:installation`;

/** The job name of a delivery that was held and has been released. */
export const RELEASED = 'released';

const JOB_PREFIX = 'd_';

/** Returns the id of the job of a delivery. BullMQ ignores a second job with the same id. */
export const jobIdOf = (deliveryId: string): string => JOB_PREFIX + deliveryId;

export const deliveryIdOf = (jobId: string): string => jobId.slice(JOB_PREFIX.length);

/** Returns the possible keys of the job of a delivery, one for each lane. */
export const deliveryJobKeys = (prefix: string, deliveryId: string): string[] =>
  LANES.map((lane) => `${prefix}:${deliveriesQueue(lane)}:${jobIdOf(deliveryId)}`);
