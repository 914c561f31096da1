/**
 * Expression with a side effect: the commit of the statement waits until synchronous replicas, if there are any, have everything that the
 * statement has read. A statement that only reads does not wait. What it reads may be on one server only, if a commit no longer waited
 * because PostgreSQL was restarted.
 */
export const REPLICATED = `CASE
  WHEN current_setting('synchronous_standby_names') <> '' THEN pg_logical_emit_message(true, 'posthorn', '')
END`;
