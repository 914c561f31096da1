/** Maximum clock difference between the processes that create deliveries and attempts, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 60 * 60 * 1000;

/** How far the id of a delivery can be ahead of its first attempt, in milliseconds: a push may be dated a day ahead. */
export const MAX_ID_AHEAD_MS = 24 * 60 * 60 * 1000 + MAX_CLOCK_SKEW_MS;
