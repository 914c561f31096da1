/** Counts attempts that are not found by the time in their ids. */
export const countLate = (attempts: string) => `
  INSERT INTO usage_late (id, tenant_id, day, events, deliveries, attempts, bytes)
  SELECT id, tenant_id, (started_at AT TIME ZONE 'UTC')::date, 0, 0, 1, 0 FROM ${attempts}
  ON CONFLICT DO NOTHING`;
