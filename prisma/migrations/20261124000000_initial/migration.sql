-- Tables are described in schema.prisma. Enums, partitions, partial indexes and functions exist only here.

CREATE TYPE webhook_status AS ENUM ('pending_validation', 'active', 'suspended', 'deleted');
CREATE TYPE webhook_delivery AS ENUM ('push', 'pull');
CREATE TYPE delivery_status AS ENUM ('pending', 'succeeded', 'failed', 'dropped', 'available');
CREATE TYPE replay_status AS ENUM ('running', 'completed', 'cancelled');
CREATE TYPE webhook_health AS ENUM ('healthy', 'throttled', 'failing');
CREATE TYPE suspender AS ENUM ('system', 'operator', 'tenant');
CREATE TYPE webhook_ordering AS ENUM ('none', 'strict', 'byKey');
CREATE TYPE exhausted_action AS ENUM ('skip', 'block');
CREATE TYPE api_key_kind AS ENUM ('key', 'session', 'portal');

CREATE TABLE tenant (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  external_id text,
  contact_email text,
  locale text,
  quota_webhooks integer,
  quota_api_keys integer,
  quota_portal_links integer,
  quota_events_per_second integer,
  quota_event_bytes integer,
  format_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tenant_name_key ON tenant (name);
CREATE UNIQUE INDEX tenant_external_id_key ON tenant (external_id);
CREATE INDEX tenant_format_id_idx ON tenant (format_id) WHERE format_id IS NOT NULL;
-- Without tenants, everything belongs to this one. So the defaults of the installation, which are meant for one customer, do not apply.
INSERT INTO tenant (id, name, quota_webhooks, quota_api_keys, quota_portal_links)
VALUES ('00000000-0000-7000-8000-000000000000', 'default', 100000, 100000, 100000),
  -- The system scope: webhooks of the operator, which receive the operational events of all tenants.
  ('00000000-0000-7000-8000-000000000001', 'system', 100, 0, 0);

-- A dashboard session or portal link is stored as a key too. It references the key that created it and is deleted with it.
CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  tenant_id uuid REFERENCES tenant (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  prefix text NOT NULL,
  scopes text[],
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3),
  expires_at timestamptz(3),
  last_used_at timestamptz(3),
  kind api_key_kind NOT NULL DEFAULT 'key',
  parent_id uuid REFERENCES api_key (id) ON DELETE CASCADE ON UPDATE CASCADE,
  portal_features text[] CHECK ((kind = 'portal') = (portal_features IS NOT NULL)),
  portal_settings jsonb,
  webhook_id uuid
);
CREATE UNIQUE INDEX api_key_key_hash_key ON api_key (key_hash);
CREATE INDEX api_key_parent_id_idx ON api_key (parent_id);
CREATE INDEX api_key_tenant_id_kind_idx ON api_key (tenant_id, kind);
CREATE INDEX api_key_webhook_id_idx ON api_key (webhook_id);

CREATE TABLE event_type (
  name text PRIMARY KEY,
  description text,
  "group" text,
  schema jsonb,
  example jsonb,
  search_keys text[] NOT NULL DEFAULT '{}',
  ordering_pointer text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

-- Rows never change, so that workers can cache them. Those that nothing uses any more are deleted after a day.
CREATE TABLE delivery_format (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  spec_hash bytea NOT NULL,
  spec jsonb NOT NULL,
  used_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX delivery_format_tenant_id_spec_hash_key ON delivery_format (tenant_id, spec_hash);
ALTER TABLE tenant ADD CONSTRAINT tenant_format_id_fkey
  FOREIGN KEY (format_id) REFERENCES delivery_format (id) ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE webhook (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  external_id text,
  delivery webhook_delivery NOT NULL DEFAULT 'push',
  -- Null for a webhook that is read with its feed.
  url text CHECK ((delivery = 'pull') = (url IS NULL)),
  pending_url text,
  description text,
  metadata jsonb NOT NULL DEFAULT '{}',
  headers_sealed text,
  headers_approved_origin text,
  secrets jsonb NOT NULL,
  format_id uuid REFERENCES delivery_format (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  retry_schedule integer[],
  timeout_ms integer NOT NULL,
  status webhook_status NOT NULL,
  epoch integer NOT NULL DEFAULT 0,
  sent_from_epoch integer DEFAULT 0,
  dropped_epoch integer NOT NULL DEFAULT 0,
  active_since timestamptz(3),
  validated_at timestamptz(3),
  attested_at timestamptz(3),
  attested_url text,
  attested_by_name text,
  attest_reason text,
  suspended_at timestamptz(3),
  suspend_reason text,
  suspended_by suspender,
  suspended_by_name text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  filter jsonb,
  filter_set_at timestamptz(3),
  filter_cost integer NOT NULL DEFAULT 0,
  rate_limit integer,
  rate_limit_seconds integer,
  max_in_flight integer NOT NULL DEFAULT 100,
  auto_suspend_after_days integer NOT NULL DEFAULT 5,
  ordering webhook_ordering NOT NULL DEFAULT 'none',
  on_exhausted exhausted_action NOT NULL DEFAULT 'skip',
  max_blocked_minutes integer NOT NULL DEFAULT 4320,
  sequenced boolean NOT NULL DEFAULT false,
  slow_since timestamptz(3),
  failing_since timestamptz(3),
  failing_percent smallint,
  health webhook_health NOT NULL DEFAULT 'healthy',
  health_since timestamptz(3),
  imported_from text,
  imported_id text,
  import_digests jsonb
);
CREATE INDEX webhook_tenant_id_id_idx ON webhook (tenant_id, id);
CREATE UNIQUE INDEX webhook_tenant_id_external_id_key ON webhook (tenant_id, external_id);
CREATE INDEX webhook_format_id_idx ON webhook (format_id) WHERE format_id IS NOT NULL;
CREATE INDEX webhook_failing_since_idx ON webhook (failing_since)
  WHERE failing_since IS NOT NULL OR failing_percent IS NOT NULL;
CREATE INDEX webhook_health_idx ON webhook (id) WHERE health <> 'healthy';
-- The last change of the lifecycle, for the fences in Redis.
CREATE INDEX webhook_changed_at_idx ON webhook ((greatest(suspended_at, active_since, deleted_at)), id) WHERE epoch > 0;
CREATE INDEX webhook_to_drop_idx ON webhook (id) WHERE dropped_epoch < epoch;
-- For the quota of the tenant: deleted webhooks do not count.
CREATE INDEX webhook_counted_idx ON webhook (tenant_id) WHERE status <> 'deleted';
-- Read once per accepted batch of events. Without this index, each read would scan all webhooks of the tenant.
CREATE INDEX webhook_rules_idx ON webhook (tenant_id)
  WHERE (filter IS NOT NULL OR sequenced OR ordering <> 'none' OR delivery = 'pull') AND status <> 'deleted';
-- For the limit of their backlogs.
CREATE INDEX webhook_ordering_idx ON webhook (id) WHERE ordering <> 'none' AND status = 'active';

ALTER TABLE api_key ADD CONSTRAINT api_key_webhook_id_fkey
  FOREIGN KEY (webhook_id) REFERENCES webhook (id) ON DELETE CASCADE ON UPDATE CASCADE;

-- The last sequence number of each webhook that numbers its deliveries. Not a column of webhook, whose row version identifies its settings.
CREATE TABLE webhook_sequence (
  webhook_id uuid PRIMARY KEY,
  last bigint NOT NULL,
  history text NOT NULL,
  jumps bigint[] NOT NULL DEFAULT '{}',
  cursor bigint
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE webhook_subscription (
  tenant_id uuid NOT NULL,
  pattern text NOT NULL,
  webhook_id uuid NOT NULL REFERENCES webhook (id) ON DELETE CASCADE ON UPDATE CASCADE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, pattern, webhook_id)
);
CREATE INDEX webhook_subscription_webhook_id_idx ON webhook_subscription (webhook_id);

CREATE TABLE webhook_validation (
  webhook_id uuid PRIMARY KEY REFERENCES webhook (id) ON DELETE CASCADE ON UPDATE CASCADE,
  url text NOT NULL,
  code_hash bytea NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  delivered_at timestamptz(3),
  failed_attempts integer NOT NULL DEFAULT 0
);

-- One row per webhook and minute, aggregated from attempt and delivery every few seconds.
CREATE TABLE webhook_minute_stats (
  minute timestamptz(0) NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  -- Attempts, and those that succeeded.
  attempts integer NOT NULL,
  succeeded integer NOT NULL,
  -- Deliveries by their present status: one that becomes pending again no longer counts.
  delivered integer NOT NULL DEFAULT 0,
  failed integer NOT NULL,
  dropped integer NOT NULL,
  -- Failed attempts after the last success of the minute, successes after its last failure, and the result of its last attempt.
  trailing_failures integer NOT NULL DEFAULT 0,
  trailing_successes integer NOT NULL DEFAULT 0,
  last_status smallint,
  last_error text,
  -- Response time histogram: bucket numbers and, in an array of the same length, their counts.
  latency_buckets smallint[] NOT NULL,
  latency_counts integer[] NOT NULL,
  PRIMARY KEY (minute, webhook_id)
);
CREATE INDEX webhook_minute_stats_tenant_id_minute_idx ON webhook_minute_stats (tenant_id, minute);
CREATE INDEX webhook_minute_stats_webhook_id_minute_idx ON webhook_minute_stats (webhook_id, minute);
-- For the health of webhooks.
CREATE INDEX webhook_minute_stats_failures_idx ON webhook_minute_stats (minute, webhook_id) WHERE attempts > succeeded;

-- Idempotency keys of events, in two generations. New keys belong to the current one, so that together with the row locks
-- of the unique index no key is stored twice. A rotation, due after a week, empties the other generation and makes it current.
CREATE TABLE event_idempotency (
  tenant_id uuid NOT NULL,
  key text NOT NULL,
  generation smallint NOT NULL,
  event_id uuid NOT NULL,
  digest uuid,
  PRIMARY KEY (tenant_id, key, generation)
) PARTITION BY LIST (generation);
CREATE TABLE event_idempotency_0 PARTITION OF event_idempotency FOR VALUES IN (0);
CREATE TABLE event_idempotency_1 PARTITION OF event_idempotency FOR VALUES IN (1);

-- The current generation, the only row.
CREATE TABLE event_idempotency_generation (
  number smallint PRIMARY KEY,
  started_at timestamptz(3) NOT NULL DEFAULT now()
);
INSERT INTO event_idempotency_generation (number) VALUES (0);

CREATE TABLE rejected_event (
  id uuid PRIMARY KEY,
  tenant_id uuid,
  source text NOT NULL,
  code text NOT NULL,
  message text NOT NULL,
  payload text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX rejected_event_tenant_id_id_idx ON rejected_event (tenant_id, id);

CREATE TABLE request_idempotency (
  api_key_id uuid NOT NULL,
  key text NOT NULL,
  fingerprint bytea NOT NULL,
  locked_until timestamptz(3) NOT NULL,
  response_status smallint,
  response_sealed text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (api_key_id, key)
);
CREATE INDEX request_idempotency_created_at_idx ON request_idempotency (created_at);

-- Operational events (posthorn.*) that are not published yet. Inserted in the transaction of the change they report.
CREATE TABLE operational_event (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

-- Who gets emails about the webhooks of a tenant. A removed address stays for a day, because additions are limited.
CREATE TABLE notification_recipient (
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE CASCADE ON UPDATE CASCADE,
  address text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  confirmed_at timestamptz(3),
  unsubscribed_at timestamptz(3),
  removed_at timestamptz(3),
  PRIMARY KEY (tenant_id, address)
);

-- The last three times at which an address was asked for a confirmation, by any tenant. It is a keyed hash of the address, and stays when
-- the address is removed. Deleted after 30 days.
CREATE TABLE confirmation_limit (
  address_hash bytea PRIMARY KEY,
  requested_at timestamptz(3)[] NOT NULL
);

-- Who has unsubscribed from the emails of a tenant, as a keyed hash of the address. It stays when the address is removed.
CREATE TABLE unsubscription (
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE CASCADE ON UPDATE CASCADE,
  address_hash bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, address_hash)
);

-- An address that gets emails: of the operator (the system scope) or of a tenant. Deleted 30 days after its last message.
CREATE TABLE mailbox (
  tenant_id uuid NOT NULL,
  address text NOT NULL,
  -- When a message is due; null if there are no notices. A claim moves it into the future.
  next_at timestamptz(3),
  -- Until then, notices are gathered.
  quiet_until timestamptz(3),
  -- The message that is being sent.
  mail_id uuid,
  attempts integer NOT NULL DEFAULT 0,
  -- Attempts after which the server may have accepted the message.
  unknown_attempts integer NOT NULL DEFAULT 0,
  last_sent_at timestamptz(3),
  last_failed_at timestamptz(3),
  last_error text,
  PRIMARY KEY (tenant_id, address)
);
CREATE INDEX mailbox_next_at_idx ON mailbox (next_at) WHERE next_at IS NOT NULL;

-- The outbox of emails. Inserted in the transaction that deletes the operational event.
CREATE TABLE notice (
  tenant_id uuid NOT NULL,
  address text NOT NULL,
  webhook_id uuid NOT NULL,
  type text NOT NULL,
  data jsonb NOT NULL,
  count integer NOT NULL DEFAULT 1,
  occurred_at timestamptz(3) NOT NULL,
  -- The message that it is part of.
  mail_id uuid,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, address, webhook_id, type)
);
CREATE INDEX notice_mail_id_idx ON notice (mail_id);

-- A webhook whose notifications are muted or whose state is acknowledged, by the operator or by its tenant.
CREATE TABLE webhook_mute (
  webhook_id uuid NOT NULL REFERENCES webhook (id) ON DELETE CASCADE ON UPDATE CASCADE,
  audience text NOT NULL,
  muted_at timestamptz(3),
  muted_until timestamptz(3),
  muted_by text,
  acknowledged_at timestamptz(3),
  acknowledged_by text,
  acknowledged_epoch integer,
  acknowledged_health webhook_health,
  acknowledged_health_since timestamptz(3),
  PRIMARY KEY (webhook_id, audience)
);

-- A request to send everything that did not succeed. It has a replay for each webhook.
CREATE TABLE recovery (
  id uuid PRIMARY KEY,
  tenant_id uuid,
  webhook_id uuid,
  since timestamptz(3) NOT NULL,
  until timestamptz(3) NOT NULL,
  include_dropped boolean NOT NULL DEFAULT false,
  automatic boolean NOT NULL DEFAULT false,
  inactive_webhooks integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  cancelled_at timestamptz(3)
);
CREATE INDEX recovery_tenant_id_id_idx ON recovery (tenant_id, id);

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
  failed integer,
  recovery_id uuid REFERENCES recovery (id) ON DELETE CASCADE ON UPDATE CASCADE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3)
);
CREATE INDEX replay_tenant_id_id_idx ON replay (tenant_id, id);
CREATE INDEX replay_recovery_id_webhook_id_idx ON replay (recovery_id, webhook_id);
CREATE INDEX replay_running_idx ON replay (id) WHERE status = 'running';

-- The audit log. Inserted in the transaction of the change it records.
CREATE TABLE audit_entry (
  id uuid PRIMARY KEY,
  tenant_id uuid,
  actor_key_id uuid,
  actor_name text NOT NULL,
  actor_tenant_id uuid,
  actor_link_id uuid,
  action text NOT NULL,
  target text NOT NULL,
  before jsonb,
  after jsonb,
  request_id text,
  client_address text,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX audit_entry_tenant_id_id_idx ON audit_entry (tenant_id, id);
CREATE INDEX audit_entry_target_id_idx ON audit_entry (target, id);
CREATE INDEX audit_entry_actor_key_id_id_idx ON audit_entry (actor_key_id, id);

-- Held by the process that runs a background task, until it expires.
CREATE TABLE task_lease (
  task text PRIMARY KEY,
  holder uuid NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE setting (
  key text PRIMARY KEY,
  value text NOT NULL
);

-- event, settled_delivery and earlier_attempt are partitioned by day (UTC) on their id, a UUIDv7; event_search_value on the id of its
-- event. A default partition stores rows of days that have no partition.

CREATE TABLE event (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  published_at timestamptz(3) NOT NULL,
  displaced boolean NOT NULL DEFAULT false,
  type text NOT NULL,
  -- One of both: as text, or as the output of DEFLATE (RFC 1951).
  body text,
  deflated_body bytea,
  -- Its trace, idempotency key and metadata. One column: a ninth would make each row 8 bytes longer.
  context jsonb
) PARTITION BY RANGE (id);
CREATE INDEX event_tenant_id_id_idx ON event (tenant_id, id);
CREATE INDEX event_tenant_id_type_id_idx ON event (tenant_id, type, id);
CREATE INDEX event_displaced_idx ON event (tenant_id, published_at) WHERE displaced;
CREATE TABLE event_default PARTITION OF event DEFAULT;

-- The values at the search keys of event types, by which events are found. Only a digest is stored, half of the SHA-256: it is small
-- whatever the value, and payloads are stored in one place only.
CREATE TABLE event_search_value (
  tenant_id uuid NOT NULL,
  digest uuid NOT NULL,
  event_id uuid NOT NULL,
  pointer text NOT NULL,
  PRIMARY KEY (tenant_id, digest, event_id)
) PARTITION BY RANGE (event_id);
-- The same for searches in all tenants.
CREATE INDEX event_search_value_digest_event_id_idx ON event_search_value (digest, event_id);
CREATE TABLE event_search_value_default PARTITION OF event_search_value DEFAULT;

-- A delivery is in one of two tables: it is pending, then settled. The id of a delivery begins with the first 8 bytes of its
-- event's id (posthorn_delivery_id), so both are in the partition of the same day, and the deliveries of an event are a range.

-- The queue: rows are inserted with their event and deleted when they are settled. A small table, whatever the retention.
CREATE TABLE pending_delivery (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  next_attempt_at timestamptz(3) NOT NULL,
  epoch integer NOT NULL,
  attempt_count smallint NOT NULL DEFAULT 0,
  parked boolean NOT NULL DEFAULT false,
  held boolean NOT NULL DEFAULT false,
  succeeded_before boolean NOT NULL DEFAULT false,
  replay_id uuid,
  unscheduled_attempts smallint NOT NULL DEFAULT 0,
  brought_forward boolean NOT NULL DEFAULT false,
  -- The format of the failed attempts, which a retry keeps. The zero id is the standard format.
  format_id uuid,
  -- What the next attempt is made for: retry, replay or recovery. Null: the schedule.
  trigger text,
  -- Its number among the deliveries of its webhook, in the order in which their events were committed. Null if the webhook has none.
  sequence bigint,
  -- Of a delivery that was accepted for an ordered webhook: the key of its event; empty for strict order.
  ordering_key text,
  -- The chain that it waits in: the zero id for live deliveries, or its replay. Null if it waits for no other.
  chain uuid
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX pending_delivery_webhook_id_id_idx ON pending_delivery (webhook_id, id);
-- A first attempt is in none of these indexes.
CREATE INDEX pending_delivery_retry_idx ON pending_delivery (next_attempt_at, id) WHERE attempt_count > 0 AND NOT parked AND NOT held;
CREATE INDEX pending_delivery_parked_idx ON pending_delivery (next_attempt_at) WHERE parked;
CREATE INDEX pending_delivery_held_idx ON pending_delivery (webhook_id, next_attempt_at, id) WHERE held;
-- For lists of deliveries that are retrying or held.
CREATE INDEX pending_delivery_waiting_idx ON pending_delivery (id) WHERE attempt_count > 0 OR held;
CREATE INDEX pending_delivery_replay_id_idx ON pending_delivery (replay_id, next_attempt_at) WHERE replay_id IS NOT NULL;
-- The head of a chain is the first entry.
CREATE INDEX pending_delivery_chain_idx ON pending_delivery (webhook_id, chain, ordering_key, sequence) WHERE chain IS NOT NULL;
-- Live heads that wait for a retry. Replayed deliveries have attempts, too, while they wait for others.
CREATE INDEX pending_delivery_blocking_idx ON pending_delivery (webhook_id, id)
  WHERE chain = '00000000-0000-0000-0000-000000000000' AND attempt_count > 0;
-- For the feed.
CREATE INDEX pending_delivery_webhook_id_sequence_idx ON pending_delivery (webhook_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX pending_delivery_format_id_idx ON pending_delivery (format_id) WHERE format_id <> '00000000-0000-0000-0000-000000000000';

-- The history, with the last attempt of each delivery. Rows are only inserted; the rows of deliveries that become pending again are deleted.
CREATE TABLE settled_delivery (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  settled_at timestamptz(3) NOT NULL,
  status delivery_status NOT NULL,
  epoch integer NOT NULL,
  attempt_count smallint NOT NULL,
  succeeded_before boolean NOT NULL,
  replay_id uuid,
  reason text,
  -- The last attempt; null if it was settled without one.
  attempt_id uuid,
  started_at timestamptz(3),
  duration_ms integer,
  response_status smallint,
  response_body text,
  error_code text,
  error_message text,
  trigger text,
  -- Of a failed attempt: a JSON object, without secrets. text, since jsonb rejects some characters. Null costs no byte.
  response_headers text,
  -- As in pending_delivery.
  sequence bigint,
  ordering_key text
) PARTITION BY RANGE (id);
CREATE INDEX settled_delivery_webhook_id_id_idx ON settled_delivery (webhook_id, id);
-- For the feed.
CREATE INDEX settled_delivery_webhook_id_sequence_idx ON settled_delivery (webhook_id, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX settled_delivery_tenant_id_id_idx ON settled_delivery (tenant_id, id);
CREATE INDEX settled_delivery_replay_id_idx ON settled_delivery (replay_id, status) WHERE replay_id IS NOT NULL;
-- For lists of one status.
CREATE INDEX settled_delivery_undelivered_idx ON settled_delivery (tenant_id, status, id)
  WHERE status IN ('failed', 'dropped', 'available');
-- The same for lists of all tenants.
CREATE INDEX settled_delivery_undelivered_status_idx ON settled_delivery (status, id)
  WHERE status IN ('failed', 'dropped', 'available');
-- For recoveries, which process one webhook at a time.
CREATE INDEX settled_delivery_undelivered_webhook_idx ON settled_delivery (webhook_id, status, id) WHERE status IN ('failed', 'dropped');
-- For statistics. Rows are stored in the order in which they were settled, so a summary per range of pages is enough.
CREATE INDEX settled_delivery_settled_at_idx ON settled_delivery USING brin (settled_at) WITH (autosummarize = on, pages_per_range = 32);
CREATE TABLE settled_delivery_default PARTITION OF settled_delivery DEFAULT;

-- The attempts before the last one of settled deliveries, and all attempts of pending ones.
CREATE TABLE earlier_attempt (
  id uuid PRIMARY KEY,
  delivery_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  started_at timestamptz(3) NOT NULL,
  duration_ms integer NOT NULL,
  number smallint NOT NULL,
  response_status smallint,
  response_body text,
  error_code text,
  error_message text,
  trigger text,
  response_headers text
) PARTITION BY RANGE (id);
CREATE INDEX earlier_attempt_delivery_id_idx ON earlier_attempt (delivery_id);
CREATE TABLE earlier_attempt_default PARTITION OF earlier_attempt DEFAULT;

CREATE VIEW delivery AS
SELECT id, event_id, webhook_id, tenant_id, NULL::timestamptz(3) AS next_attempt_at, settled_at, status, epoch, attempt_count,
  false AS parked, reason, false AS held, succeeded_before, replay_id, response_status, error_code, sequence, ordering_key, NULL::uuid AS chain
FROM settled_delivery
UNION ALL
SELECT id, event_id, webhook_id, tenant_id, next_attempt_at, NULL::timestamptz(3), 'pending'::delivery_status, epoch, attempt_count,
  parked, NULL::text, held, succeeded_before, replay_id, NULL::smallint, NULL::text, sequence, ordering_key, chain
FROM pending_delivery;

CREATE VIEW attempt AS
SELECT id, delivery_id, started_at, duration_ms, number, response_status, response_body, error_code, error_message, trigger,
  response_headers
FROM earlier_attempt
UNION ALL
SELECT attempt_id, id, started_at, duration_ms, attempt_count, response_status, response_body, error_code, error_message, trigger,
  response_headers
FROM settled_delivery WHERE attempt_id IS NOT NULL;

-- Identifies the history of the database: another server, or a replica that was promoted, has another one. Empty where the user may not
-- read it.
CREATE FUNCTION posthorn_history() RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
EXCEPTION WHEN insufficient_privilege OR undefined_function OR feature_not_supported THEN
  RETURN '';
END
$$;

-- Returns a new UUIDv7 (RFC 9562). PostgreSQL 18 has uuidv7(); this function also runs on older versions.
CREATE FUNCTION posthorn_uuidv7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(
  set_bit(
    set_bit(
      overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6
      ),
      52, 1
    ),
    53, 1
  ),
  'hex'
)::uuid;

-- Returns the smallest UUID with the timestamp of `moment`: the lower bound of a partition.
CREATE FUNCTION posthorn_uuid_floor(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(
  substring(int8send((extract(epoch FROM moment) * 1000)::bigint) FROM 3) || '\x00000000000000000000'::bytea,
  'hex'
)::uuid;

-- Returns a new id for a delivery of an event.
CREATE FUNCTION posthorn_delivery_id(event_id uuid) RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN encode(substring(uuid_send(event_id) FOR 8) || substring(uuid_send(gen_random_uuid()) FROM 9), 'hex')::uuid;

-- The smallest and the largest id that a delivery of an event can have. Other events of the same millisecond may have the same range.
CREATE FUNCTION posthorn_delivery_id_min(event_id uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(substring(uuid_send(event_id) FOR 8) || '\x0000000000000000'::bytea, 'hex')::uuid;
CREATE FUNCTION posthorn_delivery_id_max(event_id uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(substring(uuid_send(event_id) FOR 8) || '\xffffffffffffffff'::bytea, 'hex')::uuid;

-- Creates the missing partitions of each day (UTC) from first_day to last_day, and returns how many it created.
-- Each table is created first and attached afterwards, so that reads and writes continue. Rows of that day in the default
-- partition are moved to the new one, under an exclusive lock on the default partition; usually there are none.
CREATE FUNCTION posthorn_create_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  day date;
  partition text;
  id_column text;
  first_id uuid;
  end_id uuid;
  has_default_rows boolean;
  created integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('posthorn partitions'));
  FOR day IN SELECT generate_series(first_day, last_day, interval '1 day')::date LOOP
    first_id := posthorn_uuid_floor(day::timestamp AT TIME ZONE 'UTC');
    end_id := posthorn_uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC');
    FOREACH parent IN ARRAY ARRAY['event', 'event_search_value', 'settled_delivery', 'earlier_attempt'] LOOP
      id_column := CASE parent WHEN 'event_search_value' THEN 'event_id' ELSE 'id' END;
      partition := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
      CONTINUE WHEN to_regclass(partition) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition, parent);
      EXECUTE format(
        'SELECT EXISTS (SELECT FROM %I WHERE %I >= %L AND %I < %L)', parent || '_default', id_column, first_id, id_column, end_id
      ) INTO has_default_rows;
      IF has_default_rows THEN
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
        EXECUTE format(
          'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
          parent || '_default', id_column, first_id, id_column, end_id, partition
        );
      END IF;
      EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, partition, first_id, end_id
      );
      created := created + 1;
    END LOOP;
  END LOOP;
  RETURN created;
END
$$;

-- Returns whether an expired partition must be kept: because a delivery of that day is pending, or, for attempts, because the
-- deliveries partition of that day still exists.
CREATE FUNCTION posthorn_partition_is_needed(parent text, day date) RETURNS boolean
LANGUAGE sql STABLE
RETURN EXISTS (
  SELECT FROM pending_delivery
  WHERE id >= posthorn_uuid_floor(day::timestamp AT TIME ZONE 'UTC')
    AND id < posthorn_uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC')
) OR parent = 'earlier_attempt' AND to_regclass(format('settled_delivery_%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL;

-- Detaches a day's partition and renames it `expired_<partition>`, to be dropped under that name. Returns false if the
-- partition is needed. The parent table is locked meanwhile, for milliseconds: check and detach run in one call because
-- the client may be paused at any moment between two messages. A transaction that makes a delivery pending also reads its
-- event, so a delivery that is not pending under the lock cannot become pending before the partition is gone.
CREATE FUNCTION posthorn_detach_partition(parent text, day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  partition text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
BEGIN
  EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
  IF posthorn_partition_is_needed(parent, day) THEN
    RETURN false;
  END IF;
  IF to_regclass(partition) IS NOT NULL THEN -- not detached by another process meanwhile
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, partition);
    EXECUTE format('ALTER TABLE %I RENAME TO %I', partition, 'expired_' || partition);
  END IF;
  RETURN true;
END
$$;

-- Forgets the idempotency keys of the previous generation and starts a new one, if the current one is older than `min_age`.
-- Returns whether it did. The lock excludes all statements that store or look up keys, for milliseconds: a statement that
-- starts after it sees all keys of the generations before, and none stores a key in the emptied one meanwhile.
CREATE FUNCTION posthorn_rotate_idempotency_keys(started_before timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  next smallint;
BEGIN
  LOCK TABLE event_idempotency IN ACCESS EXCLUSIVE MODE;
  UPDATE event_idempotency_generation SET number = 1 - number, started_at = now()
  WHERE started_at <= started_before
  RETURNING number INTO next;
  IF next IS NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('TRUNCATE %I', 'event_idempotency_' || next);
  RETURN true;
END
$$;

SELECT posthorn_create_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 7);
