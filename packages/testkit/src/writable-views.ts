/**
 * Makes the views `delivery` and `attempt` writable, so that tests can bring a delivery into any state with plain SQL, whichever table
 * it is in. Only in test databases.
 */
export const WRITABLE_VIEWS = `
CREATE FUNCTION test_write_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was_pending boolean := TG_OP <> 'INSERT' AND OLD.status = 'pending';
  is_pending boolean := TG_OP <> 'DELETE' AND coalesce(NEW.status, 'pending') = 'pending';
  class_id smallint := 0;
BEGIN
  IF TG_OP = 'UPDATE' AND NOT was_pending AND NOT is_pending THEN
    UPDATE settled_delivery SET id = NEW.id, event_id = NEW.event_id, webhook_id = NEW.webhook_id, tenant_id = NEW.tenant_id,
      settled_at = coalesce(NEW.settled_at, settled_at), status = NEW.status, epoch = NEW.epoch, attempt_count = NEW.attempt_count,
      succeeded_before = NEW.succeeded_before, replay_id = NEW.replay_id, reason = NEW.reason, sequence = NEW.sequence,
      ordering_key = NEW.ordering_key
    WHERE id = OLD.id;
    RETURN NEW;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    SELECT history_class INTO class_id FROM (
      SELECT id, history_class FROM pending_delivery UNION ALL SELECT id, history_class FROM settled_delivery
    ) AS d WHERE id = OLD.id;
    INSERT INTO earlier_attempt
      (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number, response_status, response_body, error_code, error_message,
        trigger, response_headers, history_class)
    SELECT attempt_id, id, event_id, webhook_id, tenant_id, started_at, duration_ms, attempt_count, response_status, response_body, error_code, error_message,
      trigger, response_headers, history_class
    FROM settled_delivery WHERE id = OLD.id AND attempt_id IS NOT NULL AND TG_OP = 'UPDATE';
    DELETE FROM pending_delivery WHERE id = OLD.id;
    DELETE FROM settled_delivery WHERE id = OLD.id;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  ELSIF is_pending THEN
    INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, parked, held,
      succeeded_before, replay_id, sequence, ordering_key, chain, history_class)
    VALUES (NEW.id, NEW.event_id, NEW.webhook_id, NEW.tenant_id, coalesce(NEW.next_attempt_at, now()), NEW.epoch,
      coalesce(NEW.attempt_count, 0), coalesce(NEW.parked, false), coalesce(NEW.held, false),
      coalesce(NEW.succeeded_before, false), NEW.replay_id, NEW.sequence, NEW.ordering_key, NEW.chain, class_id);
  ELSE
    INSERT INTO settled_delivery (id, event_id, webhook_id, tenant_id, settled_at, status, epoch, attempt_count, succeeded_before,
      replay_id, reason, sequence, ordering_key, history_class)
    VALUES (NEW.id, NEW.event_id, NEW.webhook_id, NEW.tenant_id, coalesce(NEW.settled_at, now()), NEW.status, NEW.epoch,
      coalesce(NEW.attempt_count, 0), coalesce(NEW.succeeded_before, false), NEW.replay_id, NEW.reason,
      NEW.sequence, NEW.ordering_key, class_id);
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON delivery
FOR EACH ROW EXECUTE FUNCTION test_write_delivery();

CREATE FUNCTION test_write_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM earlier_attempt WHERE id = OLD.id;
    UPDATE settled_delivery SET attempt_id = NULL WHERE attempt_id = OLD.id;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  INSERT INTO earlier_attempt
    (id, delivery_id, event_id, webhook_id, tenant_id, started_at, duration_ms, number, response_status, response_body, error_code, error_message,
      trigger, response_headers)
  SELECT NEW.id, d.id, d.event_id, d.webhook_id, d.tenant_id, NEW.started_at, NEW.duration_ms, NEW.number, NEW.response_status,
    NEW.response_body, NEW.error_code, NEW.error_message, NEW.trigger, NEW.response_headers
  FROM delivery d WHERE d.id = NEW.delivery_id;
  RETURN NEW;
END
$$;
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON attempt
FOR EACH ROW EXECUTE FUNCTION test_write_attempt();`;
