CREATE TYPE webhook_status AS ENUM ('pending_validation', 'active', 'suspended', 'deleted');
CREATE TYPE delivery_status AS ENUM ('pending', 'succeeded', 'failed', 'dropped');

CREATE TABLE tenant (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tenant_name_key ON tenant (name);
INSERT INTO tenant (id, name) VALUES ('00000000-0000-7000-8000-000000000000', 'default');

CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  tenant_id uuid REFERENCES tenant (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  name text NOT NULL,
  key_hash bytea NOT NULL,
  prefix text NOT NULL,
  scopes text[],
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3)
);
CREATE UNIQUE INDEX api_key_key_hash_key ON api_key (key_hash);

CREATE TABLE event_type (
  name text PRIMARY KEY,
  description text,
  "group" text,
  schema jsonb,
  example jsonb,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE webhook (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  url text NOT NULL,
  pending_url text,
  description text,
  metadata jsonb NOT NULL DEFAULT '{}',
  headers_sealed text,
  secrets jsonb NOT NULL,
  retry_schedule integer[],
  timeout_ms integer NOT NULL,
  status webhook_status NOT NULL,
  epoch integer NOT NULL DEFAULT 0,
  active_since timestamptz(3),
  validated_at timestamptz(3),
  suspended_at timestamptz(3),
  suspend_reason text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3)
);
CREATE INDEX webhook_tenant_id_id_idx ON webhook (tenant_id, id);

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
  failed_tries integer NOT NULL DEFAULT 0
);

CREATE TABLE event_idempotency (
  tenant_id uuid NOT NULL,
  key text NOT NULL,
  event_id uuid NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX event_idempotency_created_at_idx ON event_idempotency USING brin (created_at);

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
CREATE INDEX request_idempotency_created_at_idx ON request_idempotency USING brin (created_at);

CREATE TABLE setting (
  key text PRIMARY KEY,
  value text NOT NULL
);

-- Partitioned by day on the id. A default partition catches what no day covers.

CREATE TABLE event (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  published_at timestamptz(3) NOT NULL,
  type text NOT NULL,
  body text NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX event_tenant_id_id_idx ON event (tenant_id, id);
CREATE TABLE event_default PARTITION OF event DEFAULT;

CREATE TABLE delivery (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  next_attempt_at timestamptz(3),
  settled_at timestamptz(3),
  status delivery_status NOT NULL DEFAULT 'pending',
  epoch integer NOT NULL,
  attempt_count smallint NOT NULL DEFAULT 0,
  parked boolean NOT NULL DEFAULT false,
  reason text
) PARTITION BY RANGE (id);
CREATE INDEX delivery_event_id_idx ON delivery (event_id);
CREATE INDEX delivery_webhook_id_id_idx ON delivery (webhook_id, id);
CREATE INDEX delivery_tenant_id_id_idx ON delivery (tenant_id, id);
-- What the reconciler, the promoter and suspend look for: entries exist only while a delivery is pending.
CREATE INDEX delivery_due_idx ON delivery (next_attempt_at, id) WHERE status = 'pending' AND NOT parked;
CREATE INDEX delivery_parked_idx ON delivery (next_attempt_at) WHERE status = 'pending' AND parked;
CREATE INDEX delivery_pending_webhook_idx ON delivery (webhook_id) WHERE status = 'pending';
CREATE TABLE delivery_default PARTITION OF delivery DEFAULT;

CREATE TABLE attempt (
  id uuid PRIMARY KEY,
  delivery_id uuid NOT NULL,
  started_at timestamptz(3) NOT NULL,
  duration_ms integer NOT NULL,
  number smallint NOT NULL,
  response_status smallint,
  response_body text,
  error_code text,
  error_message text
) PARTITION BY RANGE (id);
CREATE INDEX attempt_delivery_id_idx ON attempt (delivery_id);
CREATE TABLE attempt_default PARTITION OF attempt DEFAULT;

-- A new UUIDv7 (RFC 9562). PostgreSQL has its own from version 18 on; this one runs on older ones too.
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

-- The least UUIDv7 of a moment: where a partition begins.
CREATE FUNCTION posthorn_uuid_floor(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(
  substring(int8send((extract(epoch FROM moment) * 1000)::bigint) FROM 3) || '\x00000000000000000000'::bytea,
  'hex'
)::uuid;

-- Makes the partitions of each day (UTC) from first_day to last_day that are not there yet, and answers how many.
-- A table is made first and attached after, so that reading and writing go on meanwhile. Rows of that day which came
-- before it are moved out of the default partition, which is locked for that; usually there are none.
CREATE FUNCTION posthorn_create_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  day date;
  partition text;
  first_id uuid;
  end_id uuid;
  strays boolean;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('posthorn partitions'));
  FOR day IN SELECT generate_series(first_day, last_day, interval '1 day')::date LOOP
    first_id := posthorn_uuid_floor(day::timestamp AT TIME ZONE 'UTC');
    end_id := posthorn_uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC');
    FOREACH parent IN ARRAY ARRAY['event', 'delivery', 'attempt'] LOOP
      partition := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
      CONTINUE WHEN to_regclass(partition) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition, parent);
      EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id >= %L AND id < %L)', parent || '_default', first_id, end_id)
        INTO strays;
      IF strays THEN
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
        EXECUTE format(
          'WITH moved AS (DELETE FROM %I WHERE id >= %L AND id < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
          parent || '_default', first_id, end_id, partition
        );
      END IF;
      EXECUTE format(
        'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, partition, first_id, end_id
      );
      made := made + 1;
    END LOOP;
  END LOOP;
  RETURN made;
END
$$;

SELECT posthorn_create_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 7);
