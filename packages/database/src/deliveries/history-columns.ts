/** The columns of a settled delivery that every statement sets. */
export const SETTLED_COLUMNS = `id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before, replay_id, reason,
  attempt_id, started_at, duration_ms, response_status, response_body, error_code, error_message, trigger, sequence, ordering_key`;

/** The columns of an attempt, in the order of `LAST_ATTEMPT`. */
export const ATTEMPT_COLUMNS =
  'id, delivery_id, event_id, webhook_id, tenant_id, number, history_class, started_at, duration_ms, response_status, response_body, error_code, error_message, trigger, response_headers';

/** The last attempt of a settled delivery. Its number is the number of attempts. */
export const LAST_ATTEMPT =
  'attempt_id, id, event_id, webhook_id, tenant_id, attempt_count, history_class, started_at, duration_ms, response_status, response_body, error_code, error_message, trigger, response_headers';
