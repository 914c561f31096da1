/** The time until a response below /slow/, in milliseconds. */
export const SLOW_MS = 50;
