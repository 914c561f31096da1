import EgressPanel from '../egress/egress-panel.js';
import { TenantLinks } from './links/tenant-links.js';
import { TenantAudit } from './tenant-audit.js';
import { TenantCertificates } from './tenant-certificates.js';
import { TenantKeys } from './tenant-keys.js';
import { TenantWebhooks } from './tenant-webhooks.js';
import type { TenantDetails } from './tenant.js';

/** The lists of a tenant. Of a deleted one, only the changes are shown: the rest is not listed. */
export default function TenantLists({ tenant }: { tenant: TenantDetails }) {
  const { id, status } = tenant;
  return (
    <>
      {status !== 'deleted' && (
        <>
          <TenantWebhooks tenantId={id} />
          <TenantLinks tenant={tenant} />
          <TenantKeys tenantId={id} />
          <TenantCertificates tenant={tenant} />
          <EgressPanel target={{ kind: 'tenant', id }} />
        </>
      )}
      <TenantAudit tenant={tenant} />
    </>
  );
}
