-- What an owner may set about the pace of a webhook and what it gets, and what the engine knows of how it does.
ALTER TABLE webhook
  ADD COLUMN filter jsonb,
  ADD COLUMN filter_set_at timestamptz(3),
  ADD COLUMN rate_limit integer,
  ADD COLUMN rate_limit_seconds integer,
  ADD COLUMN max_in_flight integer NOT NULL DEFAULT 100,
  ADD COLUMN auto_suspend_after_days integer NOT NULL DEFAULT 5,
  ADD COLUMN slow_since timestamptz(3),
  ADD COLUMN failing_since timestamptz(3),
  ADD COLUMN failing_warned_at timestamptz(3);
CREATE INDEX webhook_failing_since_idx ON webhook (failing_since) WHERE failing_since IS NOT NULL OR failing_warned_at IS NOT NULL;
-- Asked for every batch of events: without it, all webhooks of the tenant would be looked at.
CREATE INDEX webhook_filter_idx ON webhook (tenant_id) WHERE filter IS NOT NULL AND status <> 'deleted';

ALTER TABLE delivery
  ADD COLUMN held boolean NOT NULL DEFAULT false,
  ADD COLUMN replay_id uuid;
DROP INDEX delivery_due_idx;
CREATE INDEX delivery_due_idx ON delivery (next_attempt_at, id) WHERE status = 'pending' AND NOT parked AND NOT held;
CREATE INDEX delivery_held_idx ON delivery (webhook_id, next_attempt_at, id) WHERE status = 'pending' AND held;
CREATE INDEX delivery_replay_id_idx ON delivery (replay_id) WHERE replay_id IS NOT NULL;

-- Operational events (posthorn.*) that were decided on and are not published yet: written with what they tell of.
CREATE TABLE operational_event (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TYPE replay_status AS ENUM ('running', 'completed', 'cancelled');

CREATE TABLE replay (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  webhook_id uuid,
  event_id uuid,
  from_time timestamptz(3),
  to_time timestamptz(3),
  statuses text[],
  event_types text[],
  status replay_status NOT NULL DEFAULT 'running',
  total integer NOT NULL,
  queued integer NOT NULL DEFAULT 0,
  cursor uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3)
);
CREATE INDEX replay_tenant_id_id_idx ON replay (tenant_id, id);
CREATE INDEX replay_running_idx ON replay (id) WHERE status = 'running';

-- Whether a day's partition must stay although it is old enough to go: a delivery of that day, or to an event of that day,
-- is pending, or the deliveries that the attempts belong to are still there. Within the day itself nothing but the index of
-- what is pending is read, whatever the planner believes about an old day: hence the order, and no sequential scan. Other
-- days have few deliveries to events of this one.
CREATE FUNCTION posthorn_partition_is_needed(parent text, day date) RETURNS boolean
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  first_id uuid := posthorn_uuid_floor(day::timestamp AT TIME ZONE 'UTC');
  end_id uuid := posthorn_uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC');
  needed boolean;
BEGIN
  CASE parent
    WHEN 'delivery' THEN
      EXECUTE $sql$
        SELECT count(*) > 0 FROM (
          SELECT FROM delivery WHERE status = 'pending' AND id >= $1 AND id < $2 ORDER BY webhook_id LIMIT 1
        ) AS own $sql$ INTO needed USING first_id, end_id;
    WHEN 'event' THEN
      EXECUTE $sql$
        SELECT EXISTS (
          SELECT FROM delivery
          WHERE status = 'pending' AND event_id >= $1 AND event_id < $2 AND (id < $1 OR id >= $2)
        ) OR count(*) > 0 FROM (
          SELECT FROM delivery
          WHERE status = 'pending' AND event_id >= $1 AND event_id < $2 AND id >= $1 AND id < $2
          ORDER BY webhook_id LIMIT 1
        ) AS own $sql$ INTO needed USING first_id, end_id;
    WHEN 'attempt' THEN
      needed := to_regclass(format('delivery_%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL;
  END CASE;
  RETURN needed;
END
$$;

-- Takes a day's partition out of its table and names it `expired_<partition>`, to be dropped by that name; false when it is
-- needed. The table is locked meanwhile, for milliseconds: what is asked and done under the lock takes no message from the
-- client, which may be stopped at any moment. Whoever makes a delivery pending reads its event in the same transaction, so
-- that what is not pending under the lock cannot become so before the partition is gone.
CREATE FUNCTION posthorn_detach_partition(parent text, day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  partition text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
BEGIN
  EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
  IF posthorn_partition_is_needed(parent, day) THEN
    RETURN false;
  END IF;
  IF to_regclass(partition) IS NOT NULL THEN -- unless another was first
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, partition);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', partition, 'expired_' || partition);
  END IF;
  RETURN true;
END
$$;
