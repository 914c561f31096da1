/**
 * Returns the SQL expression for the milliseconds until a delivery is due, negative if it is overdue, 0 if it is settled. Due
 * times are written and read with the clock of PostgreSQL only, so the clocks of other machines do not matter.
 */
export const dueInMs = (alias: string): string =>
  `coalesce(extract(epoch FROM ${alias}.next_attempt_at - now())::double precision * 1000, 0)`;
