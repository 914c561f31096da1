-- Tables are described in schema.prisma. Enums, partitions, partial indexes and functions exist only here.

CREATE TYPE webhook_status AS ENUM ('pending_validation', 'active', 'suspended', 'deleted');
CREATE TYPE webhook_delivery AS ENUM ('push', 'pull');
CREATE TYPE delivery_status AS ENUM ('pending', 'succeeded', 'failed', 'dropped', 'available');
CREATE TYPE replay_status AS ENUM ('running', 'completed', 'cancelled');
CREATE TYPE webhook_health AS ENUM ('healthy', 'throttled', 'failing');
CREATE TYPE suspender AS ENUM ('system', 'operator', 'tenant');
CREATE TYPE webhook_ordering AS ENUM ('none', 'strict', 'byKey');
CREATE TYPE exhausted_action AS ENUM ('skip', 'block');
CREATE TYPE tenant_status AS ENUM ('active', 'suspended', 'deleted');
CREATE TYPE erasure_status AS ENUM ('running', 'completed', 'failed');
CREATE TYPE certificate_kind AS ENUM ('client', 'ca', 'request');
CREATE TYPE api_key_kind AS ENUM ('key', 'session', 'portal', 'person');

CREATE TABLE tenant (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  external_id text,
  contact_email text,
  locale text,
  time_zone text,
  tags text[] NOT NULL DEFAULT '{}',
  metadata jsonb NOT NULL DEFAULT '{}',
  -- Days for which payloads are kept. 0: until all deliveries are settled. Null: as long as the installation keeps them.
  payload_days integer,
  -- Days for which deliveries and attempts are kept. Null: as long as the installation keeps them.
  history_days integer,
  -- The proxy of requests to its webhooks. Null for that of the installation.
  proxy_sealed text,
  -- CIDRs that its webhooks may reach in addition.
  private_networks text[] NOT NULL DEFAULT '{}',
  quota_webhooks integer,
  quota_api_keys integer,
  quota_portal_links integer,
  quota_events_per_second integer,
  quota_event_bytes integer,
  format_id uuid,
  client_certificate_id uuid,
  ca_certificates_id uuid,
  status tenant_status NOT NULL DEFAULT 'active',
  epoch integer NOT NULL DEFAULT 0,
  dropped_epoch integer NOT NULL DEFAULT 0,
  suspended_at timestamptz(3),
  suspend_reason text,
  suspended_by_name text,
  reactivated_at timestamptz(3),
  deleted_at timestamptz(3),
  purge_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tenant_name_key ON tenant (name);
CREATE UNIQUE INDEX tenant_external_id_key ON tenant (external_id);
CREATE INDEX tenant_tags_idx ON tenant USING gin (tags);
-- The last change of the status, for the fences in Redis.
CREATE INDEX tenant_changed_at_idx ON tenant ((greatest(suspended_at, reactivated_at, deleted_at)), id) WHERE epoch > 0;
CREATE INDEX tenant_to_drop_idx ON tenant (id) WHERE dropped_epoch < epoch AND status <> 'active';
CREATE INDEX tenant_format_id_idx ON tenant (format_id) WHERE format_id IS NOT NULL;
-- Without tenants, everything belongs to this one. So the defaults of the installation, which are meant for one customer, do not apply.
INSERT INTO tenant (id, name, quota_webhooks, quota_api_keys, quota_portal_links)
VALUES ('00000000-0000-7000-8000-000000000000', 'default', 100000, 100000, 100000),
  -- The system scope: webhooks of the operator, which receive the operational events of all tenants.
  ('00000000-0000-7000-8000-000000000001', 'system', 100, 0, 0);

-- A dashboard session or portal link is stored as a key too. It references the key or person that created it and is deleted with it. A person
-- has the key of nobody: it is random.
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
  webhook_id uuid,
  role text CHECK (role IN ('viewer', 'operator', 'admin')),
  -- The only tenants of a key of an operator.
  tenant_ids uuid[] CHECK (tenant_ids IS NULL OR tenant_id IS NULL AND cardinality(tenant_ids) > 0)
);
CREATE UNIQUE INDEX api_key_key_hash_key ON api_key (key_hash);
CREATE INDEX api_key_parent_id_idx ON api_key (parent_id);
CREATE INDEX api_key_tenant_id_kind_idx ON api_key (tenant_id, kind);
CREATE INDEX api_key_webhook_id_idx ON api_key (webhook_id);

-- Those who have signed in with single sign-on. The role and the tenants are in api_key, and expire 12 hours after the identity provider
-- has confirmed them. Without access, the person is revoked.
CREATE TABLE person (
  id uuid PRIMARY KEY REFERENCES api_key (id) ON DELETE CASCADE ON UPDATE CASCADE,
  issuer text NOT NULL,
  subject text NOT NULL,
  email text,
  -- When the request to the identity provider was sent whose response is stored. Older responses are ignored.
  checked_at timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX person_issuer_subject_key ON person (issuer, subject);

CREATE TABLE person_session (
  id uuid PRIMARY KEY REFERENCES api_key (id) ON DELETE CASCADE ON UPDATE CASCADE,
  -- The session at the identity provider, for logouts.
  sid text,
  refresh_token_sealed text,
  refresh_at timestamptz(3) CHECK ((refresh_at IS NULL) = (refresh_token_sealed IS NULL)),
  confirmed_at timestamptz(3) NOT NULL,
  active_at timestamptz(3) NOT NULL
);
CREATE INDEX person_session_refresh_at_idx ON person_session (refresh_at);
CREATE INDEX person_session_sid_idx ON person_session (sid);

-- Logouts by the identity provider, for an hour: a sign-in that is in progress meanwhile must not begin a session.
CREATE TABLE oidc_logout (
  issuer text NOT NULL,
  jti text NOT NULL,
  subject text,
  sid text,
  received_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (issuer, jti)
);
CREATE INDEX oidc_logout_received_at_idx ON oidc_logout (received_at);

CREATE TABLE event_type (
  name text PRIMARY KEY,
  description text,
  "group" text,
  schema jsonb,
  example jsonb,
  search_keys text[] NOT NULL DEFAULT '{}',
  ordering_pointer text,
  former_ordering_pointers text[] NOT NULL DEFAULT '{}',
  redact text[] NOT NULL DEFAULT '{}',
  -- As in tenant.
  payload_days integer,
  history_days integer,
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
  auth_sealed text,
  headers_approved_origin text,
  -- Null for the proxy of the tenant.
  proxy_sealed text,
  secrets jsonb NOT NULL,
  format_id uuid REFERENCES delivery_format (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  client_certificate_id uuid,
  ca_certificates_id uuid,
  tags text[] NOT NULL DEFAULT '{}',
  retry_schedule integer[],
  timeout_ms integer NOT NULL,
  status webhook_status NOT NULL,
  epoch integer NOT NULL DEFAULT 0,
  sent_from_epoch integer DEFAULT 0,
  dropped_epoch integer NOT NULL DEFAULT 0,
  resumed_epoch integer NOT NULL DEFAULT 0,
  own_epoch integer NOT NULL DEFAULT 0,
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
  import_digests jsonb,
  import_removed_at timestamptz(3)
);
CREATE INDEX webhook_tenant_id_id_idx ON webhook (tenant_id, id);
CREATE UNIQUE INDEX webhook_tenant_id_external_id_key ON webhook (tenant_id, external_id);
CREATE INDEX webhook_tags_idx ON webhook USING gin (tags);
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

-- The certificates of connections, of a webhook or of all webhooks of a tenant. What is in PEM never changes, so that workers can cache it.
CREATE TABLE tls_certificate (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE RESTRICT ON UPDATE CASCADE,
  -- No foreign key: webhook refers to this table.
  webhook_id uuid,
  kind certificate_kind NOT NULL,
  pem text NOT NULL,
  key_sealed text CHECK ((kind = 'ca') = (key_sealed IS NULL)),
  details jsonb NOT NULL,
  expires_at timestamptz(3) CHECK ((kind = 'request') = (expires_at IS NULL)),
  announced_days smallint,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX tls_certificate_tenant_id_idx ON tls_certificate (tenant_id);
CREATE UNIQUE INDEX tls_certificate_of_tenant_idx ON tls_certificate (tenant_id, kind) WHERE webhook_id IS NULL;
CREATE UNIQUE INDEX tls_certificate_of_webhook_idx ON tls_certificate (webhook_id, kind) WHERE webhook_id IS NOT NULL;
CREATE INDEX tls_certificate_expires_at_idx ON tls_certificate (expires_at);
ALTER TABLE tenant
  ADD CONSTRAINT tenant_client_certificate_id_fkey
    FOREIGN KEY (client_certificate_id) REFERENCES tls_certificate (id) ON DELETE SET NULL ON UPDATE CASCADE,
  ADD CONSTRAINT tenant_ca_certificates_id_fkey
    FOREIGN KEY (ca_certificates_id) REFERENCES tls_certificate (id) ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE webhook
  ADD CONSTRAINT webhook_client_certificate_id_fkey
    FOREIGN KEY (client_certificate_id) REFERENCES tls_certificate (id) ON DELETE SET NULL ON UPDATE CASCADE,
  ADD CONSTRAINT webhook_ca_certificates_id_fkey
    FOREIGN KEY (ca_certificates_id) REFERENCES tls_certificate (id) ON DELETE SET NULL ON UPDATE CASCADE;
-- For the foreign keys.
CREATE INDEX tenant_client_certificate_id_idx ON tenant (client_certificate_id) WHERE client_certificate_id IS NOT NULL;
CREATE INDEX tenant_ca_certificates_id_idx ON tenant (ca_certificates_id) WHERE ca_certificates_id IS NOT NULL;
CREATE INDEX webhook_client_certificate_id_idx ON webhook (client_certificate_id) WHERE client_certificate_id IS NOT NULL;
CREATE INDEX webhook_ca_certificates_id_idx ON webhook (ca_certificates_id) WHERE ca_certificates_id IS NOT NULL;

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

-- The access token of a webhook with OAuth 2.0: fetched by one process at a time.
CREATE TABLE webhook_token (
  webhook_id uuid PRIMARY KEY REFERENCES webhook (id) ON DELETE CASCADE ON UPDATE CASCADE,
  auth_digest text NOT NULL,
  fetch_id uuid,
  fetch_started_at timestamptz(6),
  token_id uuid,
  token_sealed text,
  expires_at timestamptz(6),
  failures integer NOT NULL DEFAULT 0,
  failure_code text,
  -- An attempt of a delivery has the failure.
  is_failure_taken boolean NOT NULL DEFAULT false,
  retry_at timestamptz(6),
  rejected_at timestamptz(6)
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

-- Minutes whose attempts were recorded so late that their statistics have to be aggregated again.
CREATE TABLE stats_late (
  minute timestamptz(0) PRIMARY KEY
);

-- What each tenant used on each day (UTC). Kept for 24 months, also when the tenant is gone.
CREATE TABLE usage_day (
  day date NOT NULL,
  tenant_id uuid NOT NULL,
  events bigint NOT NULL,
  deliveries bigint NOT NULL,
  attempts bigint NOT NULL,
  -- Of the bodies of the events.
  bytes bigint NOT NULL,
  PRIMARY KEY (day, tenant_id)
);
CREATE INDEX usage_day_tenant_id_day_idx ON usage_day (tenant_id, day);

-- Events and attempts whose id is not of the minute in which they were stored. They are added to usage_day from here.
CREATE TABLE usage_late (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  day date NOT NULL,
  events integer NOT NULL,
  deliveries integer NOT NULL,
  attempts integer NOT NULL,
  bytes bigint NOT NULL
);

-- The only row: events and attempts with a lower id are in usage_day or usage_late.
CREATE TABLE usage_progress (
  counted_until timestamptz(3) PRIMARY KEY
);
INSERT INTO usage_progress VALUES (date_trunc('minute', now()) - interval '1 hour');

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
  -- After U+0001: sealed.
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
  -- The event of the delivery that the response shows.
  event_id uuid,
  PRIMARY KEY (api_key_id, key)
);
CREATE INDEX request_idempotency_event_id_idx ON request_idempotency (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX request_idempotency_created_at_idx ON request_idempotency (created_at);

-- Operational events (posthorn.*) that are not published yet. Inserted in the transaction of the change they report.
CREATE TABLE operational_event (
  id uuid PRIMARY KEY,
  -- Whose data it has: the system scope for data of no tenant.
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  data jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

-- Published operational events: whose data they have, so that it is erased with the data that they report. A row is inserted before its event,
-- and deleted after it. Not for what has data of its own tenant only, and of no event.
CREATE TABLE event_copy (
  event_id uuid PRIMARY KEY,
  -- Of the event: the owner, or the system scope.
  tenant_id uuid NOT NULL,
  type text NOT NULL,
  -- The tenant whose data it has.
  owner_id uuid NOT NULL,
  -- The event that it reports.
  subject_id uuid
);
CREATE INDEX event_copy_owner_id_idx ON event_copy (owner_id);
CREATE INDEX event_copy_subject_id_idx ON event_copy (subject_id) WHERE subject_id IS NOT NULL;

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

-- Webhooks of another system that its last import could not bring.
CREATE TABLE refused_import (
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE CASCADE ON UPDATE CASCADE,
  source text NOT NULL,
  external_id text NOT NULL,
  url text NOT NULL,
  reason text NOT NULL,
  refused_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, source, external_id)
);

-- The outbox of emails. Inserted in the transaction that deletes the operational event.
CREATE TABLE notice (
  tenant_id uuid NOT NULL,
  address text NOT NULL,
  webhook_id uuid NOT NULL,
  type text NOT NULL,
  -- The tenant whose data it has.
  owner_id uuid NOT NULL,
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

-- The audit log. Inserted in the transaction of the change it records, and chained after its commit.
CREATE TABLE audit_entry (
  id uuid PRIMARY KEY,
  tenant_id uuid,
  actor_key_id uuid,
  actor_person_id uuid,
  actor_name text NOT NULL,
  actor_tenant_id uuid,
  actor_link_id uuid,
  actor_session_id uuid,
  action text NOT NULL,
  target text NOT NULL,
  before jsonb,
  after jsonb,
  request_id text,
  client_address text,
  -- The same as now(), for which Prisma would insert the time of the process.
  created_at timestamptz(3) NOT NULL DEFAULT transaction_timestamp(),
  -- The place in the chain. Null until the entry is chained.
  number bigint UNIQUE,
  -- Of the erasable parts, with a random salt that leaves with them.
  salt bytea,
  digest bytea,
  -- Of the hash of the entry before, the digest and the rest of the content.
  hash bytea
);
CREATE INDEX audit_entry_unchained_idx ON audit_entry (id) WHERE number IS NULL;
CREATE INDEX audit_entry_tenant_id_id_idx ON audit_entry (tenant_id, id);
-- Listed apart from the other entries: see SIGN_INS in list-audit-entries.ts.
CREATE INDEX audit_entry_sign_in_idx ON audit_entry (id) WHERE action IN ('session.created', 'session.ended', 'sign_in.failed');
CREATE INDEX audit_entry_tenant_sign_in_idx ON audit_entry (tenant_id, id) WHERE action IN ('session.created', 'session.ended', 'sign_in.failed');
CREATE INDEX audit_entry_target_id_idx ON audit_entry (target, id);
CREATE INDEX audit_entry_actor_key_id_id_idx ON audit_entry (actor_key_id, id);
CREATE INDEX audit_entry_actor_person_id_id_idx ON audit_entry (actor_person_id, id);

-- The only row: the ends of the chain of audit entries. What comes after the dropped entry is stored.
CREATE TABLE audit_chain (
  last_number bigint PRIMARY KEY,
  last_hash bytea NOT NULL,
  dropped_number bigint NOT NULL,
  dropped_hash bytea NOT NULL
);
INSERT INTO audit_chain VALUES (0, '\x0000000000000000000000000000000000000000000000000000000000000000', 0, '\x0000000000000000000000000000000000000000000000000000000000000000');

-- Actions of a period that are repeated: the first one has an entry, and the others share one when the period has ended.
CREATE TABLE audit_repeat (
  key bytea PRIMARY KEY,
  entry_id uuid NOT NULL,
  count integer NOT NULL DEFAULT 0,
  ends_at timestamptz(3) NOT NULL
);
CREATE INDEX audit_repeat_ends_at_idx ON audit_repeat (ends_at);

-- The removal of the data of an event, of a person, or of a tenant.
CREATE TABLE erasure (
  id uuid PRIMARY KEY,
  -- Stays when the tenant is gone.
  tenant_id uuid NOT NULL,
  event_id uuid,
  -- Of a person: where the events have the value, and its digest, which is removed at the end.
  pointer text,
  digest uuid,
  -- The input, sealed: it can be repeated after a restore.
  receipt_sealed text,
  -- What was accepted until then is erased. Later than the call if pushes were in Redis.
  covers_until timestamptz(3) NOT NULL,
  -- It repeats another one, whose time it has.
  is_repeat boolean NOT NULL DEFAULT false,
  status erasure_status NOT NULL DEFAULT 'running',
  phase text NOT NULL,
  -- The position of the phase.
  cursor uuid,
  -- The events, or the rows of a tenant, that are known, and how many of them are erased.
  total bigint NOT NULL,
  done bigint NOT NULL DEFAULT 0,
  -- What was erased, by kind.
  counts jsonb NOT NULL DEFAULT '{}',
  -- Requests from before may be in flight until then.
  quiet_at timestamptz(3),
  error text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  finished_at timestamptz(3)
);
CREATE INDEX erasure_tenant_id_id_idx ON erasure (tenant_id, id);
-- The same input while one runs is the same erasure.
CREATE UNIQUE INDEX erasure_running_idx ON erasure (tenant_id, (coalesce(event_id, digest, tenant_id)), (coalesce(pointer, '')))
  WHERE status = 'running';
-- They continue after a pause.
CREATE INDEX erasure_failed_purge_idx ON erasure (finished_at) WHERE status = 'failed' AND event_id IS NULL AND pointer IS NULL;

-- The events of running erasures.
CREATE TABLE erasure_event (
  erasure_id uuid NOT NULL REFERENCES erasure (id) ON DELETE CASCADE ON UPDATE CASCADE,
  event_id uuid NOT NULL,
  PRIMARY KEY (erasure_id, event_id)
);

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

-- The keys that seal values, by purpose: a process starts only if it can open what each of them has sealed. check_sealed is a known text.
-- used_at is when a process last ran that seals with the key, to about 15 seconds.
CREATE TABLE encryption_key (
  purpose text NOT NULL,
  id text NOT NULL,
  check_sealed text NOT NULL,
  used_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (purpose, id)
);

-- Data keys, sealed with the payload key: one per tenant and month for payloads and responses, and one per tenant for search values, whose
-- month is null. A value that is sealed with a deleted one is erased.
CREATE TABLE payload_key (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenant (id) ON DELETE CASCADE ON UPDATE CASCADE,
  -- Its first day (UTC).
  month date,
  sealed_key text NOT NULL
);
CREATE UNIQUE INDEX payload_key_tenant_id_month_key ON payload_key (tenant_id, month) NULLS NOT DISTINCT;

-- event, settled_delivery and earlier_attempt are partitioned by day (UTC) on their id, a UUIDv7; event_search_value on the id of its
-- event. A default partition stores rows of days that have no partition. settled_delivery and earlier_attempt are partitioned by the class
-- of their history before: 0 is the retention of the installation.

-- The shorter retentions of history that are in use. Their partitions exist as long as their row.
CREATE TABLE history_class (
  id smallint PRIMARY KEY CHECK (id IN (1, 2)),
  days integer NOT NULL UNIQUE,
  -- Since when no tenant and no event type has it.
  unused_since timestamptz(3)
);

CREATE TABLE event (
  id uuid PRIMARY KEY,
  tenant_id uuid NOT NULL,
  published_at timestamptz(3) NOT NULL,
  displaced boolean NOT NULL DEFAULT false,
  type text NOT NULL,
  -- One of both: as text, or its length in bytes (4 bytes, big-endian) and the output of DEFLATE (RFC 1951). The first bit is set if it is
  -- sealed instead: see decision 84.
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

-- Payloads that are kept for fewer days than the installation keeps others, partitioned by the day (UTC) on which they expire. Their rows
-- in event have no body, and a context that names this day only.
CREATE TABLE event_payload (
  expires_on date NOT NULL,
  event_id uuid NOT NULL,
  -- As in event.
  body text,
  deflated_body bytea,
  context jsonb,
  PRIMARY KEY (event_id, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE TABLE event_payload_default PARTITION OF event_payload DEFAULT;

-- As event_search_value, for their events.
CREATE TABLE event_payload_value (
  expires_on date NOT NULL,
  tenant_id uuid NOT NULL,
  digest uuid NOT NULL,
  event_id uuid NOT NULL,
  pointer text NOT NULL,
  PRIMARY KEY (tenant_id, digest, event_id, expires_on)
) PARTITION BY RANGE (expires_on);
CREATE INDEX event_payload_value_digest_event_id_idx ON event_payload_value (digest, event_id);
CREATE TABLE event_payload_value_default PARTITION OF event_payload_value DEFAULT;

-- Payloads that are kept only until all deliveries of their events are settled, and expired ones with pending deliveries. A small table.
CREATE TABLE unsettled_payload (
  event_id uuid PRIMARY KEY,
  body text,
  deflated_body bytea,
  context jsonb
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

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
  chain uuid,
  -- An operational event has reported that it blocks others beyond its retry schedule.
  block_reported boolean NOT NULL DEFAULT false,
  -- The class of its history. In the padding at the end of the row, which does not grow.
  history_class smallint NOT NULL DEFAULT 0
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
-- Those whose history is kept for fewer days: they keep the partitions of their day.
CREATE INDEX pending_delivery_history_class_id_idx ON pending_delivery (history_class, id) WHERE history_class > 0;

-- The history, with the last attempt of each delivery. Rows are only inserted; the rows of deliveries that become pending again are deleted.
CREATE TABLE settled_delivery (
  id uuid NOT NULL,
  event_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  settled_at timestamptz(3) NOT NULL,
  status delivery_status NOT NULL,
  epoch integer NOT NULL,
  attempt_count smallint NOT NULL,
  succeeded_before boolean NOT NULL,
  -- Here, it is in the padding before started_at, so that the row does not grow.
  history_class smallint NOT NULL DEFAULT 0,
  replay_id uuid,
  reason text,
  -- The last attempt; null if it was settled without one.
  attempt_id uuid,
  started_at timestamptz(3),
  duration_ms integer,
  response_status smallint,
  -- After U+0001: sealed, with response_headers and error_message, which are null then. See decision 84.
  response_body text,
  error_code text,
  error_message text,
  trigger text,
  -- Of a failed attempt: a JSON object, without secrets. text, since jsonb rejects some characters. Null costs no byte.
  response_headers text,
  -- As in pending_delivery.
  sequence bigint,
  ordering_key text
) PARTITION BY LIST (history_class);
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
CREATE TABLE settled_delivery_class_0 PARTITION OF settled_delivery (PRIMARY KEY (id)) FOR VALUES IN (0) PARTITION BY RANGE (id);
CREATE TABLE settled_delivery_default PARTITION OF settled_delivery_class_0 DEFAULT;

-- The attempts before the last one of settled deliveries, and all attempts of pending ones.
CREATE TABLE earlier_attempt (
  id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  -- Of its delivery, which may expire before it.
  event_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  started_at timestamptz(3) NOT NULL,
  duration_ms integer NOT NULL,
  number smallint NOT NULL,
  history_class smallint NOT NULL DEFAULT 0,
  response_status smallint,
  response_body text,
  error_code text,
  error_message text,
  trigger text,
  response_headers text
) PARTITION BY LIST (history_class);
CREATE INDEX earlier_attempt_delivery_id_idx ON earlier_attempt (delivery_id);
CREATE TABLE earlier_attempt_class_0 PARTITION OF earlier_attempt (PRIMARY KEY (id)) FOR VALUES IN (0) PARTITION BY RANGE (id);
CREATE TABLE earlier_attempt_default PARTITION OF earlier_attempt_class_0 DEFAULT;

CREATE VIEW delivery AS
SELECT id, event_id, webhook_id, tenant_id, NULL::timestamptz(3) AS next_attempt_at, settled_at, status, epoch, attempt_count,
  false AS parked, reason, false AS held, succeeded_before, replay_id, response_status, error_code, sequence, ordering_key, NULL::uuid AS chain
FROM settled_delivery
UNION ALL
SELECT id, event_id, webhook_id, tenant_id, next_attempt_at, NULL::timestamptz(3), 'pending'::delivery_status, epoch, attempt_count,
  parked, NULL::text, held, succeeded_before, replay_id, NULL::smallint, NULL::text, sequence, ordering_key, chain
FROM pending_delivery;

CREATE VIEW attempt AS
SELECT id, delivery_id, tenant_id, started_at, duration_ms, number, response_status, response_body, error_code, error_message, trigger,
  response_headers
FROM earlier_attempt
UNION ALL
SELECT attempt_id, id, tenant_id, started_at, duration_ms, attempt_count, response_status, response_body, error_code, error_message, trigger,
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

-- Has processes find that the database was restored, where its history does not show it: a snapshot of the storage, a copied data folder,
-- a dump that was restored in the same cluster. To be called before any process starts.
CREATE FUNCTION posthorn_restored() RETURNS void
LANGUAGE sql AS $$
  UPDATE webhook_sequence SET history = 'restored';
  UPDATE setting SET value = 'restored' WHERE key = 'history';
$$;

-- The history that the processes have found to be complete, and the number of erasures that the database knows. Redis has a copy of this
-- number: one that is higher, or missing after the history has changed, shows that erased data may be back.
INSERT INTO setting (key, value) VALUES ('history', posthorn_history()), ('erasure_count', '0');

CREATE FUNCTION posthorn_count_erasure() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE setting SET value = value::bigint + 1 WHERE key = 'erasure_count';
  RETURN NULL;
END
$$;

-- At the commit, so that the row is locked for a moment only.
CREATE CONSTRAINT TRIGGER erasure_is_counted AFTER INSERT ON erasure
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posthorn_count_erasure();
CREATE CONSTRAINT TRIGGER longer_erasure_is_counted AFTER UPDATE OF covers_until ON erasure
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.covers_until <> NEW.covers_until) EXECUTE FUNCTION posthorn_count_erasure();

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

-- Returns the timestamp in a UUIDv7.
CREATE FUNCTION posthorn_uuid_time(id uuid) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_timestamp(('x' || encode(substring(uuid_send(id) FOR 6), 'hex'))::bit(48)::bigint / 1000.0);

-- Returns the day (UTC) of the timestamp in a UUIDv7.
CREATE FUNCTION posthorn_uuid_day(id uuid) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date '1970-01-01' + (('x' || encode(substring(uuid_send(id) FOR 6), 'hex'))::bit(48)::bigint / 86400000)::integer;

-- Returns the length of the body of an event, in bytes.
CREATE FUNCTION posthorn_body_bytes(body text, deflated_body bytea) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN deflated_body IS NULL THEN octet_length(body)
  -- Without the first bit.
  ELSE ('x' || encode(substring(deflated_body FOR 4), 'hex'))::bit(32)::integer & 2147483647 END;

-- Returns whether the data of an event was erased: its body is the length alone.
CREATE FUNCTION posthorn_is_erased(deflated_body bytea) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(octet_length(deflated_body) = 4, false);

-- Returns whether the payload of an event with this context is sealed with a data key that no longer exists. `body_start` is the start of
-- its `deflated_body`: see sealed-body.ts.
CREATE FUNCTION posthorn_lacks_data_key(event_id uuid, event_context jsonb, body_start bytea) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  day date := event_context ->> 'payloadDay';
  header bytea := body_start;
BEGIN
  IF day IS NOT NULL THEN
    -- With a literal, only the partition of that day is opened.
    EXECUTE format('SELECT substring(p.deflated_body FOR 21) FROM event_payload p WHERE p.expires_on = %L AND p.event_id = $1', day)
      INTO header USING event_id;
  END IF;
  IF event_context -> 'payloadDay' IS NOT NULL AND header IS NULL THEN
    SELECT substring(u.deflated_body FOR 21) INTO header FROM unsettled_payload u WHERE u.event_id = posthorn_lacks_data_key.event_id;
  END IF;
  IF get_byte(header, 0) >= 128 THEN
    RETURN NOT EXISTS (SELECT FROM payload_key k WHERE k.id = encode(substring(header FROM 6), 'hex')::uuid);
  END IF;
  RETURN false;
END
$$;

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

-- The statistics of a column are samples of its values, which would outlive an erasure. No plan depends on those of content.
CREATE FUNCTION posthorn_keep_content_out_of_statistics(relation regclass) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  content text;
BEGIN
  FOR content IN
    SELECT attname FROM pg_attribute WHERE attrelid = relation AND attname IN (
      'body', 'deflated_body', 'context', 'response_body', 'response_headers', 'error_message', 'payload', 'message', 'data', 'before', 'after',
      'client_address'
    )
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', relation, content);
  END LOOP;
END
$$;

-- Returns the name of a partition of a table: of a day, or the default one. Those of class 0 are named after the whole table.
CREATE FUNCTION posthorn_partition_name(parent text, suffix text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('%s_%s', regexp_replace(parent, '_class_0$', ''), suffix);

-- Creates the partition of a day, unless it exists, and returns whether it did. The table is created first and attached afterwards, so that
-- reads and writes continue. Rows of that day in the default partition are moved to it, under an exclusive lock on the default partition;
-- usually there are none.
CREATE FUNCTION posthorn_create_partition(parent text, key text, day date, first_value text, end_value text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  partition text := posthorn_partition_name(parent, to_char(day, 'YYYYMMDD'));
  others text := posthorn_partition_name(parent, 'default');
  has_default_rows boolean;
BEGIN
  IF to_regclass(partition) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition, parent);
  PERFORM posthorn_keep_content_out_of_statistics(partition);
  EXECUTE format(
    'SELECT EXISTS (SELECT FROM %I WHERE %I >= %L AND %I < %L)', others, key, first_value, key, end_value
  ) INTO has_default_rows;
  IF has_default_rows THEN
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', others);
    EXECUTE format(
      'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
      others, key, first_value, key, end_value, partition
    );
  END IF;
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, partition, first_value, end_value);
  RETURN true;
END
$$;

-- The tables that are partitioned by the day of their ids: history has one for each class in use.
CREATE VIEW daily_table AS
SELECT 'event' AS name, NULL::smallint AS history_class
UNION ALL SELECT 'event_search_value', NULL
UNION ALL
SELECT relname::text, right(relname::text, 1)::smallint
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent IN ('settled_delivery'::regclass, 'earlier_attempt'::regclass);

-- Creates the missing partitions of each day (UTC) from first_day to last_day, and returns how many it created.
CREATE FUNCTION posthorn_create_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  day date;
  created integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('posthorn partitions'));
  FOR day IN SELECT generate_series(first_day, last_day, interval '1 day')::date LOOP
    FOR parent IN SELECT name FROM daily_table LOOP
      created := created + posthorn_create_partition(
        parent, CASE parent WHEN 'event_search_value' THEN 'event_id' ELSE 'id' END, day,
        posthorn_uuid_floor(day::timestamp AT TIME ZONE 'UTC')::text, posthorn_uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC')::text
      )::integer;
    END LOOP;
  END LOOP;
  RETURN created;
END
$$;

CREATE VIEW retention_in_use AS
SELECT payload_days, history_days FROM tenant WHERE payload_days IS NOT NULL OR history_days IS NOT NULL
UNION
SELECT payload_days, history_days FROM event_type WHERE payload_days IS NOT NULL OR history_days IS NOT NULL;

-- Makes sure that a class has these days, and its partitions from first_day to last_day exist. Called in the transaction that sets them.
-- Returns false if other days use all classes. Reads and writes of history continue.
CREATE FUNCTION posthorn_use_history_days(history_days integer, first_day date, last_day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  class_id smallint;
  class_table text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('posthorn partitions'));
  UPDATE history_class SET unused_since = NULL WHERE days = history_days;
  IF FOUND THEN
    RETURN true;
  END IF;
  INSERT INTO history_class (id, days)
  SELECT n, history_days FROM generate_series(1, 2) AS n WHERE n NOT IN (SELECT id FROM history_class) ORDER BY n LIMIT 1
  RETURNING id INTO class_id;
  IF class_id IS NULL THEN
    RETURN false;
  END IF;
  FOREACH parent IN ARRAY ARRAY['settled_delivery', 'earlier_attempt'] LOOP
    class_table := format('%s_class_%s', parent, class_id);
    EXECUTE format(
      'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (id)) PARTITION BY RANGE (id)', class_table, parent
    );
    EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', class_table || '_default', class_table);
    PERFORM posthorn_keep_content_out_of_statistics(class_table);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)', parent, class_table, class_id);
  END LOOP;
  PERFORM posthorn_create_partitions(first_day, last_day);
  RETURN true;
END
$$;

-- Returns whether a delivery or an attempt of a class is left.
CREATE FUNCTION posthorn_has_history(class_id smallint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  has_rows boolean;
BEGIN
  EXECUTE format(
    'SELECT EXISTS (SELECT FROM pending_delivery WHERE history_class > 0 AND history_class = %1$s)
      OR EXISTS (SELECT FROM settled_delivery_class_%1$s) OR EXISTS (SELECT FROM earlier_attempt_class_%1$s)', class_id
  ) INTO has_rows;
  RETURN has_rows;
END
$$;

-- Drops the tables of classes that nothing has used for an hour and that have no rows, under a short lock on all history, and returns
-- how many. No event gets the class any more: a statement that accepts events takes seconds.
CREATE FUNCTION posthorn_free_history_classes() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  class_id smallint;
  parent text;
  freed integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('posthorn partitions'));
  UPDATE history_class c SET unused_since = CASE WHEN c.unused_since IS NULL THEN now() END
  WHERE (c.unused_since IS NULL) <> EXISTS (SELECT FROM retention_in_use r WHERE r.history_days = c.days);
  FOR class_id IN SELECT id FROM history_class WHERE unused_since <= now() - interval '1 hour' ORDER BY id LOOP
    CONTINUE WHEN posthorn_has_history(class_id);
    LOCK TABLE ONLY settled_delivery, ONLY earlier_attempt IN ACCESS EXCLUSIVE MODE;
    CONTINUE WHEN posthorn_has_history(class_id);
    FOREACH parent IN ARRAY ARRAY['settled_delivery', 'earlier_attempt'] LOOP
      EXECUTE format('DROP TABLE %I', format('%s_class_%s', parent, class_id));
    END LOOP;
    DELETE FROM history_class WHERE id = class_id;
    freed := freed + 1;
  END LOOP;
  RETURN freed;
END
$$;

-- Creates the missing partitions for payloads that are accepted from first_day to last_day (UTC) and kept for the days that a tenant or
-- an event type has set, and returns how many it created. Called when one is set, and for the days ahead.
CREATE FUNCTION posthorn_create_payload_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  day date;
  created integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('posthorn partitions'));
  -- From now on, an event may exist without its payload.
  INSERT INTO setting (key, value)
  SELECT 'payload_retention', 'set' WHERE EXISTS (SELECT FROM retention_in_use)
  ON CONFLICT DO NOTHING;
  FOR day IN
    SELECT DISTINCT generate_series(first_day + days, last_day + days, interval '1 day')::date
    -- A payload expires with its history at the latest.
    FROM (SELECT payload_days FROM retention_in_use UNION SELECT history_days FROM retention_in_use) AS kept (days)
    WHERE days > 0 ORDER BY 1
  LOOP
    FOREACH parent IN ARRAY ARRAY['event_payload', 'event_payload_value'] LOOP
      created := created + posthorn_create_partition(parent, 'expires_on', day, day::text, (day + 1)::text)::integer;
    END LOOP;
  END LOOP;
  RETURN created;
END
$$;

-- Returns whether a partition of deliveries has last attempts that the usage does not include yet: of deliveries that were settled about
-- when it was last counted, or since. Without sequential scans, it reads the index of these times only. A partition that does not exist, or that
-- another process detaches meanwhile, has none.
CREATE FUNCTION posthorn_has_uncounted_attempts(deliveries text) RETURNS boolean
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
  found boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE settled_at >= $1)', deliveries) INTO found
  USING (SELECT counted_until FROM usage_progress) - interval '2 minutes';
  RETURN found;
EXCEPTION WHEN undefined_table THEN
  RETURN false;
END
$$;

-- Returns whether an expired partition must be kept: because a delivery of that day is pending, of the same class if its history is kept
-- for fewer days; for deliveries, because their last attempts are not counted; or, for attempts, because the deliveries partition of that day
-- still exists.
CREATE FUNCTION posthorn_partition_is_needed(parent text, day date) RETURNS boolean
LANGUAGE sql STABLE
RETURN CASE WHEN parent ~ '_class_[12]$' THEN EXISTS (
  SELECT FROM pending_delivery
  WHERE history_class > 0 AND history_class = right(parent, 1)::smallint
    AND id >= posthorn_uuid_floor(day::timestamp AT TIME ZONE 'UTC')
    AND id < posthorn_uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC')
) ELSE EXISTS (
  SELECT FROM pending_delivery
  WHERE id >= posthorn_uuid_floor(day::timestamp AT TIME ZONE 'UTC')
    AND id < posthorn_uuid_floor((day + 1)::timestamp AT TIME ZONE 'UTC')
) END OR parent LIKE 'settled_delivery%' AND posthorn_has_uncounted_attempts(posthorn_partition_name(parent, to_char(day, 'YYYYMMDD')))
  OR parent LIKE 'earlier_attempt%'
  AND to_regclass(posthorn_partition_name(replace(parent, 'earlier_attempt', 'settled_delivery'), to_char(day, 'YYYYMMDD'))) IS NOT NULL;

-- Detaches a day's partition and renames it `expired_<partition>`, to be dropped under that name. Returns false if the
-- partition is needed. The parent table is locked meanwhile, for milliseconds: check and detach run in one call because
-- the client may be paused at any moment between two messages. A transaction that makes a delivery pending also reads its
-- event, and deletes its row in the history, so a delivery that is not pending under the lock cannot become pending before the partition
-- is gone.
CREATE FUNCTION posthorn_detach_partition(parent text, day date) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  partition text := posthorn_partition_name(parent, to_char(day, 'YYYYMMDD'));
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

-- Detaches the partitions of payloads that expired on a day, under a short lock, and marks them with a comment. The one with payloads is read by its name until those with
-- pending deliveries have been moved to unsettled_payload, and it is dropped. A transaction that makes a delivery pending has read its payload
-- in the attached table (posthorn_keep_payload). So no further delivery of these events becomes pending.
CREATE FUNCTION posthorn_detach_payloads(day date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  partition text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['event_payload', 'event_payload_value'] LOOP
    partition := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
    EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
    IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass(partition) AND relispartition) THEN
      EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, partition);
      EXECUTE format('COMMENT ON TABLE %I IS %L', partition, 'expired');
    END IF;
  END LOOP;
END
$$;

-- Returns whether the payload of an event with this context exists, and keeps it until the transaction ends. For transactions that make a
-- delivery pending.
CREATE FUNCTION posthorn_keep_payload(event_id uuid, event_context jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  day date := event_context ->> 'payloadDay';
  is_stored boolean;
BEGIN
  IF event_context -> 'payloadDay' IS NULL THEN
    RETURN true;
  END IF;
  IF day IS NOT NULL THEN
    -- With a literal, only the partition of that day is opened.
    EXECUTE format('SELECT true FROM event_payload p WHERE p.expires_on = %L AND p.event_id = $1 FOR KEY SHARE', day)
      INTO is_stored USING event_id;
  END IF;
  IF is_stored IS NULL THEN
    SELECT true INTO is_stored FROM unsettled_payload u WHERE u.event_id = posthorn_keep_payload.event_id FOR KEY SHARE;
  END IF;
  RETURN is_stored IS NOT NULL;
END
$$;

-- Returns those of these events that need no payload in unsettled_payload: without pending deliveries and, if the payload is kept until all
-- are settled, without entries of feeds that their readers have not passed. LIMIT 1 forces a lookup per event.
CREATE FUNCTION posthorn_settled_events(event_ids uuid[]) RETURNS uuid[]
LANGUAGE sql STABLE
RETURN (
  SELECT coalesce(array_agg(i.id), '{}') FROM unnest(event_ids) AS i (id)
  WHERE (
    SELECT true FROM pending_delivery d
    WHERE d.id >= posthorn_delivery_id_min(i.id) AND d.id <= posthorn_delivery_id_max(i.id) AND d.event_id = i.id LIMIT 1
  ) IS NULL AND (
    SELECT true FROM settled_delivery d
    JOIN webhook w ON w.id = d.webhook_id AND w.status <> 'deleted'
    LEFT JOIN webhook_sequence s ON s.webhook_id = w.id
    WHERE d.id >= posthorn_delivery_id_min(i.id) AND d.id <= posthorn_delivery_id_max(i.id) AND d.event_id = i.id
      AND d.status = 'available' AND (s.cursor IS NULL OR d.sequence > s.cursor)
      -- Not of an event that has expired, nor after the day on which its payload expired.
      AND (SELECT e.context -> 'payloadDay' FROM event e WHERE e.id = i.id LIMIT 1) = 'null'
    LIMIT 1
  ) IS NULL
);

-- Deletes those of the next payloads in unsettled_payload that are not needed any more. Returns the last event that it has looked at, null if
-- there are no more, and the number of deleted payloads. Looks twice: first without locks, then under the locks for which transactions
-- that make a delivery pending wait.
CREATE FUNCTION posthorn_delete_settled_payloads(after uuid, max_rows integer, OUT last uuid, OUT deleted integer)
LANGUAGE plpgsql AS $$
DECLARE
  page uuid[];
  found uuid[];
BEGIN
  page := ARRAY(SELECT event_id FROM unsettled_payload WHERE event_id > after ORDER BY event_id LIMIT max_rows);
  last := CASE WHEN cardinality(page) = max_rows THEN page[max_rows] END;
  found := posthorn_settled_events(page);
  SELECT coalesce(array_agg(event_id), '{}') INTO found
  FROM (SELECT event_id FROM unsettled_payload WHERE event_id = ANY (found) FOR UPDATE SKIP LOCKED) AS locked;
  found := posthorn_settled_events(found);
  DELETE FROM unsettled_payload WHERE event_id = ANY (found);
  GET DIAGNOSTICS deleted = ROW_COUNT;
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

-- Returns whether the data of an event was erased, or null if the event is not stored. A function, so that a statement does not open the
-- partitions of events unless it calls it.
CREATE FUNCTION posthorn_event_is_erased(event_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT posthorn_is_erased(deflated_body) FROM event WHERE id = event_id LIMIT 1);
END
$$;

-- Frees the idempotency key of an event that has expired, or is erased, for the statement that calls it, and returns whether it did. A push is
-- a duplicate of an erased event, too. Another statement that frees the key waits for this one, and then finds the key of another event.
CREATE FUNCTION posthorn_free_event_key(tenant uuid, used_key text, original uuid, pushed boolean) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  is_erased boolean := posthorn_event_is_erased(original);
BEGIN
  IF is_erased IS NOT NULL AND (pushed OR NOT is_erased) THEN
    RETURN false;
  END IF;
  DELETE FROM event_idempotency WHERE tenant_id = tenant AND key = used_key AND event_id = original;
  RETURN FOUND;
END
$$;

-- Rolls back a statement whose events have the ids of erased events.
CREATE FUNCTION posthorn_refuse_erased_ids(ids uuid[]) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Ids of erased events' USING ERRCODE = 'PH001', DETAIL = array_to_string(ids, ',');
END
$$;

SELECT posthorn_keep_content_out_of_statistics(oid) FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = current_schema()::regnamespace;

SELECT posthorn_create_partitions((now() AT TIME ZONE 'UTC')::date - 1, (now() AT TIME ZONE 'UTC')::date + 7);
