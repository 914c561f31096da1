-- A session of the dashboard and a link to the portal are keys that another key was used to make, and that end with it.
CREATE TYPE api_key_kind AS ENUM ('key', 'session', 'portal');
ALTER TABLE api_key
  ADD COLUMN kind api_key_kind NOT NULL DEFAULT 'key',
  ADD COLUMN parent_id uuid REFERENCES api_key (id) ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX api_key_parent_id_idx ON api_key (parent_id);
