/** The longest time that a session of the dashboard lasts, in hours. */
export const MAX_SESSION_HOURS = 12;

/** The same in milliseconds. */
export const MAX_SESSION_MS = MAX_SESSION_HOURS * 3_600_000;
