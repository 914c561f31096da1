/** Maximum clock difference between the processes that create deliveries and attempts, in milliseconds. */
export const MAX_CLOCK_SKEW_MS = 60 * 60 * 1000;
