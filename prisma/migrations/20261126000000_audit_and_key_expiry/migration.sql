ALTER TABLE api_key ADD COLUMN expires_at timestamptz(3);

-- Who changed what, and when. Written in the transaction of the change.
CREATE TABLE audit_entry (
  id uuid PRIMARY KEY,
  tenant_id uuid,
  actor_key_id uuid,
  actor_name text NOT NULL,
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

-- Deleted webhooks need no secrets any more: nothing is sent to them. From now on they go with the deletion.
UPDATE webhook SET secrets = '[]', headers_sealed = NULL WHERE status = 'deleted';
