import { api } from '../../../api/api.js';
import { ConfirmButton } from '../../../components/confirm-button.js';
import { t } from '../../../i18n/t.js';

/** Ends one signing secret, after a confirmation. */
export function EndSecret({ webhookId: id, secretId }: { webhookId: string; secretId: string }) {
  const end = api.useMutation('delete', '/v1/webhooks/{id}/secrets/{secretId}', {
    meta: {
      failureShown: true,
      success: t('Signing secret ended'),
      invalidates: ['/v1/webhooks/{id}/secrets'],
    },
  });
  return (
    <ConfirmButton
      label={t('End')}
      button={{ size: 'compact-sm' }}
      danger
      mutation={end}
      onConfirm={(options) => end.mutate({ params: { path: { id, secretId } } }, options)}
      title={t('End this signing secret?')}
      confirmLabel={t('End secret')}
    >
      {t(
        'Requests are no longer signed with it. A receiver that verifies with it rejects them until it uses another secret.',
      )}
    </ConfirmButton>
  );
}
