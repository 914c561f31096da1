import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import type { CertificateCalls } from '../../components/certificates/certificate-calls.js';
import { CertificatesPanel } from '../../components/certificates/certificates-panel.js';
import type { TenantDetails } from './tenant.js';

/** The certificates of the webhooks of a tenant without their own. */
export function TenantCertificates({ tenant }: { tenant: TenantDetails }) {
  const calls = useCalls(tenant.id);
  return <CertificatesPanel certificates={tenant} calls={useCan('admin') ? calls : null} otherwise="None" />;
}

function useCalls(id: string): CertificateCalls {
  const meta = {
    failureShown: true,
    success: 'Certificates changed',
    invalidates: ['/v1/tenants/{id}', '/v1/overview/attention'],
  } as const;
  const change = api.useMutation('patch', '/v1/tenants/{id}', { meta });
  const put = api.useMutation('put', '/v1/tenants/{id}/client-certificate', { meta });
  const request = api.useMutation('post', '/v1/tenants/{id}/client-certificate/csr', {
    meta: { failureShown: true },
  });
  const params = { path: { id } };
  return {
    change: { mutation: change, run: (body, options) => change.mutate({ params, body }, options) },
    put: { mutation: put, run: (body, options) => put.mutate({ params, body }, options) },
    request: {
      mutation: request,
      created: request.data?.certificateRequest,
      run: (body, options) => request.mutate({ params, body }, options),
    },
  };
}
