import type pg from 'pg';
import { ANNOUNCED_DAYS } from '../notifications/announce-certificates.js';
import { isNotDeleted } from '../tenancy/is-active-tenant.js';

/** How many certificates of webhooks and tenants there are, have expired, and expire soon. */
export interface CertificateExpiry {
  certificates: number;
  expired: number;
  expiring: number;
}

const READ = `
SELECT count(*)::int AS certificates, count(*) FILTER (WHERE expires_at <= now())::int AS expired,
  count(*) FILTER (WHERE expires_at > now() AND expires_at <= now() + interval '${ANNOUNCED_DAYS[0]} days')::int AS expiring
FROM tls_certificate c WHERE kind <> 'request' AND ${isNotDeleted('c')}`;

export async function readCertificateExpiry(pool: pg.Pool): Promise<CertificateExpiry> {
  const { rows } = await pool.query<CertificateExpiry>(READ);
  return rows[0] ?? { certificates: 0, expired: 0, expiring: 0 };
}
