/** Condition: the next attempt of a pending delivery is made for the recovery that requeued it. After a failure it waits for its schedule. */
export const madeForRecovery = (alias: string): string =>
  `${alias}.trigger IS NOT DISTINCT FROM 'recovery' AND NOT ${alias}.brought_forward`;

/** Condition: a pending delivery is dropped because its recovery is cancelled. Reads the recovery only of those that one requeued. */
export const isOfCancelledRecovery = (alias: string): string => `(
  ${alias}.replay_id IS NOT NULL AND ${madeForRecovery(alias)} AND coalesce((
    SELECT c.cancelled_at IS NOT NULL FROM replay r JOIN recovery c ON c.id = r.recovery_id WHERE r.id = ${alias}.replay_id
  ), false)
)`;
