import type { Pool } from 'pg';
import { preparedStatement } from '../connection/connect.js';

interface Row {
  id: string;
  settings: unknown;
}

const FIND = `
  SELECT id, portal_settings AS settings FROM api_key WHERE id = ANY ($1::uuid[]) AND kind = 'portal'`;

/** Returns the settings of the portal links with these ids, in the same order, also of expired ones; undefined for an unknown id. */
export async function findPortalSettings(pool: Pool, ids: readonly string[]): Promise<unknown[]> {
  const { rows } = await pool.query<Row>(preparedStatement(pool, 'find-portal-settings', FIND, [ids]));
  const byId = new Map(rows.map(({ id, settings }) => [id, settings]));
  return ids.map((id) => byId.get(id));
}
