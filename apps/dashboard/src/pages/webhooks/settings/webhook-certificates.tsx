import { api } from '../../../api/api.js';
import type { Webhook } from '../../../api/types.js';
import type { CertificateCalls } from '../../../components/certificates/certificate-calls.js';
import { CertificatesPanel } from '../../../components/certificates/certificates-panel.js';
import { t } from '../../../i18n/t.js';
import { useWebhookChanged } from '../use-webhook.js';

/** The certificates of a webhook. */
export default function WebhookCertificates({ webhook, canEdit }: { webhook: Webhook; canEdit: boolean }) {
  const calls = useCalls(webhook.id);
  return (
    <CertificatesPanel
      certificates={webhook}
      calls={canEdit ? calls : null}
      otherwise={t('No own setting. If the tenant has one, it applies.')}
    />
  );
}

function useCalls(id: string): CertificateCalls {
  const onSuccess = useWebhookChanged();
  const meta = { failureShown: true, success: t('Certificates changed') } as const;
  const change = api.useMutation('patch', '/v1/webhooks/{id}', { meta, onSuccess });
  const put = api.useMutation('put', '/v1/webhooks/{id}/client-certificate', { meta, onSuccess });
  const request = api.useMutation('post', '/v1/webhooks/{id}/client-certificate/csr', {
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
