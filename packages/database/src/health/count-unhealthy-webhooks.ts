import type pg from 'pg';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

interface UnhealthyWebhooks {
  slow: number;
  failing: number;
  throttled: number;
}

const COUNT = `
SELECT count(*) FILTER (WHERE slow_since IS NOT NULL)::int AS slow,
  count(*) FILTER (WHERE health = 'failing')::int AS failing,
  count(*) FILTER (WHERE health = 'throttled')::int AS throttled
FROM webhook w WHERE status = 'active' AND ${isActiveTenant()}`;

/** Returns the number of active webhooks of active tenants in the slow lane, and of those that are failing or throttled. */
export async function countUnhealthyWebhooks(pool: pg.Pool): Promise<UnhealthyWebhooks> {
  const { rows } = await pool.query<UnhealthyWebhooks>(COUNT);
  return rows[0] ?? { slow: 0, failing: 0, throttled: 0 };
}
