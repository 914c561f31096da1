/**
 * The usage of a minute is counted from the history, once. The time in the id of an event or attempt decides the minute, so what is stored
 * more than this time after it, in milliseconds, is counted in `usage_late` by the statement that stores it.
 */
export const TIMELY_MS = 60_000;

const floorOf = (moment: string): string => `(SELECT posthorn_uuid_floor(${moment}))`;

/** The lowest id of an event that is counted from the history. now() is the start of the transaction. */
export const EARLIEST_TIMELY = floorOf(`now() - interval '${TIMELY_MS} milliseconds'`);

/**
 * Condition: the attempt with this id is counted from the history. Attempts are found by the time at which their delivery was settled, which
 * PostgreSQL sets, so that an id of a worker whose clock is fast is not among them either.
 */
export const isTimely = (id: string): string =>
  `${id} BETWEEN ${EARLIEST_TIMELY} AND ${floorOf(`now() + interval '${TIMELY_MS} milliseconds'`)}`;
