import { type Lane, LANES } from '@posthorn/core';
import { z } from 'zod';

/** The BullMQ queue that publishers add events to. Part of the public contract. */
export const EVENTS_QUEUE = 'events';

/** Returns the name of the BullMQ queue of a lane. */
export const deliveriesQueue = (lane: Lane): string => `deliveries-${lane}`;

/** Returns the key of the stream for publishers without a BullMQ client. Part of the public contract. */
export const intakeStream = (prefix: string): string => `${prefix}:intake`;

/** Returns the key of the stream in which every version of BullMQ records that a push was added. */
export const eventsLog = (prefix: string): string => `${prefix}:${EVENTS_QUEUE}:events`;

/** The processes that another process can wake. */
export type WakeTarget = 'producers' | 'workers';

/** Returns the key of the stream whose entries wake them. */
export const wakeStream = (prefix: string, target: WakeTarget): string => `${prefix}:wake-${target}`;

/** Returns the key of the time at which the stream was last recreated, which makes its ids unique. */
export const intakeGenerationKey = (prefix: string): string => `${prefix}:intake-generation`;

/** Returns the key of the marker that the reconciler sets. It is missing after Redis has lost its data. */
export const populatedMarkerKey = (prefix: string): string => `${prefix}:populated`;

/** Returns the key of the id of the installation that uses the prefix. */
export const installationKey = (prefix: string): string => `${prefix}:installation`;

/** Returns the key of the number of erasures that the database of an installation knew. */
export const erasureCountKey = (prefix: string, installationId: string): string =>
  `${prefix}:erasures:${installationId}`;

/** The job name of a delivery that was held and has been released. */
export const RELEASED = 'released';

/** The job name of a delivery that runs before the waiting ones, in the place of the one before it in its chain. */
export const NEXT = 'next';

/** The job name of a delivery that was made pending again, while a request of an earlier epoch may be in flight. */
export const REQUEUED = 'requeued';

const JOB_PREFIX = 'd_';

/** Returns the id of the job of a delivery. BullMQ ignores a second job with the same id. */
export const jobIdOf = (deliveryId: string): string => JOB_PREFIX + deliveryId;

/**
 * The id of a delivery: a UUIDv7 in lower case with a time before 2179. Its day is part of the names of tables. It is not compared with
 * a clock, because that of this process may be wrong.
 */
const idOfDelivery = z
  .string()
  .regex(/^0[0-5][0-9a-f]{6}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

/** Returns the delivery of a job, or null if no job of Posthorn has this id. */
export const deliveryIdOf = (jobId: string): string | null => {
  const id = jobId.startsWith(JOB_PREFIX) ? jobId.slice(JOB_PREFIX.length) : null;
  return idOfDelivery.safeParse(id).data ?? null;
};

/** Returns the possible keys of the job of a delivery, one for each lane. */
export const deliveryJobKeys = (prefix: string, deliveryId: string): string[] =>
  LANES.map((lane) => `${prefix}:${deliveriesQueue(lane)}:${jobIdOf(deliveryId)}`);
