-- What the lists of failed and dropped deliveries are read by. The days that are there already are without it.
CREATE INDEX delivery_tenant_id_status_id_idx ON ONLY delivery (tenant_id, status, id) WHERE status IN ('failed', 'dropped');
