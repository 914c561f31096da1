import type pg from 'pg';
import { TOKEN_WAIT, type TokenWait } from './access-tokens.js';
import { isActiveTenant } from '../tenancy/is-active-tenant.js';

/** The delivery limits of an active webhook of an active tenant. */
export interface WebhookLimits {
  id: string;
  tenantId: string;
  epoch: number;
  validatedAt: Date | null;
  maxInFlight: number;
  isSlow: boolean;
  rateLimit: { limit: number; perSeconds: number } | null;
  /** How its deliveries wait for the access token that they need. */
  tokenWait: TokenWait | null;
}

const READ = `
SELECT id, tenant_id AS "tenantId", epoch, validated_at AS "validatedAt", max_in_flight AS "maxInFlight",
  slow_since IS NOT NULL AS "isSlow",
  CASE WHEN rate_limit IS NOT NULL
    THEN json_build_object('limit', rate_limit, 'perSeconds', rate_limit_seconds) END AS "rateLimit",
  ${TOKEN_WAIT} AS "tokenWait"
FROM webhook w WHERE id = ANY ($1::uuid[]) AND status = 'active' AND ${isActiveTenant()}`;

/** Returns the limits of those webhooks that are active, as are their tenants. */
export async function readWebhookLimits(pool: pg.Pool, ids: readonly string[]): Promise<WebhookLimits[]> {
  const { rows } = await pool.query<WebhookLimits>(READ, [ids]);
  return rows;
}
