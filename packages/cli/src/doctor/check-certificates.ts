import type { CertificateExpiry } from '@posthorn/database/health';
import { ANNOUNCED_DAYS } from '@posthorn/database/notifications';
import { type Finding, ok, warning } from './finding.js';

const CHECK = 'certificates';

/** Checks whether certificates of webhooks and tenants have expired or expire soon. */
export function checkCertificates({ certificates, expired, expiring }: CertificateExpiry): Finding {
  if (expired + expiring === 0)
    return ok(CHECK, certificates === 0 ? 'None in use' : `${certificates} in use, none expires soon`);
  return warning(
    CHECK,
    `Expired: ${expired}, expire within ${ANNOUNCED_DAYS[0]} days: ${expiring}`,
    'See them with `posthorn attention`, and docs/certificates.md.',
  );
}
