-- What became of each webhook's deliveries, by the minute. Counted from attempt and delivery every few seconds.
CREATE TABLE stat_minute (
  minute timestamptz(0) NOT NULL,
  webhook_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  attempts integer NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  dropped integer NOT NULL,
  -- How long answers took: a histogram, as two lists of the same length.
  latency_buckets smallint[] NOT NULL,
  latency_counts integer[] NOT NULL,
  PRIMARY KEY (minute, webhook_id)
);
CREATE INDEX stat_minute_tenant_id_minute_idx ON stat_minute (tenant_id, minute);
CREATE INDEX stat_minute_webhook_id_minute_idx ON stat_minute (webhook_id, minute);

-- The few that did not arrive, by when that was settled.
CREATE INDEX delivery_not_delivered_idx ON delivery (settled_at) WHERE status IN ('failed', 'dropped');
