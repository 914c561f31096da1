import { api } from '../../api/api.js';
import { t } from '../../i18n/t.js';
import { useWebhookChanged } from './use-webhook.js';

/** Acknowledges that a webhook is failing or suspended: there are no further notifications until that changes. */
export function useAcknowledge() {
  const { mutate, isPending } = api.useMutation('post', '/v1/webhooks/{id}/notifications/acknowledge', {
    meta: { success: t('Acknowledged') },
    onSuccess: useWebhookChanged(),
  });
  return { isPending, acknowledge: (id: string) => mutate({ params: { path: { id } } }) };
}
