-- The trace that an event is part of: W3C Trace Context, for the attempts of hours later.
ALTER TABLE event ADD COLUMN trace_context jsonb;
