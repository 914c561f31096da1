-- What the lists of events and deliveries of a type are read by. The days that are there already are without it.
CREATE INDEX event_tenant_id_type_id_idx ON ONLY event (tenant_id, type, id);
