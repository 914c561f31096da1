/**
 * Returns the SQL expression for the milliseconds until a delivery is due, negative if it is overdue, 0 if it is settled. Due
 * times are written and read with the clock of PostgreSQL only, so the clocks of other machines do not matter.
 */
export const dueInMs = (alias: string): string => `coalesce(-${ageMs(`${alias}.next_attempt_at`)}, 0)`;

/** Returns the SQL expression for the milliseconds since `time`. */
export const ageMs = (time: string): string =>
  `(extract(epoch FROM now() - ${time})::double precision * 1000)`;
