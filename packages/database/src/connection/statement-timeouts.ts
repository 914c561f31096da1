/** Longer than any statement should run, in milliseconds. */
export const MAX_STATEMENT_MS = 59_000;

/**
 * The timeouts of statements that deliveries wait for, in milliseconds. After the first, a server that does not respond counts as vanished,
 * and the statement runs on a new connection. So a host that vanished without closing its connections delays deliveries by a few seconds.
 */
export const PROMPT_STATEMENTS = {
  statementTimeoutMs: 4000,
  slowStatementTimeoutMs: MAX_STATEMENT_MS,
};

/**
 * How long PostgreSQL has to cancel a statement after its timeout before the client gives up, in milliseconds. A client that gave
 * up first would leave the statement running and might send it again.
 */
export const CANCEL_GRACE_MS = 1000;

/** A server that does not accept a connection within this time is unavailable, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 5000;
