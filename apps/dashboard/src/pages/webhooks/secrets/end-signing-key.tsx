import { api } from '../../../api/api.js';
import { ConfirmButton } from '../../../components/confirm-button.js';
import { t } from '../../../i18n/t.js';

/** Ends one Ed25519 key, after a confirmation. */
export function EndSigningKey({ webhookId: id, keyId }: { webhookId: string; keyId: string }) {
  const end = api.useMutation('delete', '/v1/webhooks/{id}/signing-keys/{keyId}', {
    meta: {
      failureShown: true,
      success: t('Ed25519 key ended'),
      invalidates: ['/v1/webhooks/{id}/signing-keys'],
    },
  });
  return (
    <ConfirmButton
      label={t('End')}
      button={{ size: 'compact-sm' }}
      danger
      mutation={end}
      onConfirm={(options) => end.mutate({ params: { path: { id, keyId } } }, options)}
      title={t('End this Ed25519 key?')}
      confirmLabel={t('End key')}
    >
      {t('Requests are no longer signed with it. A receiver that verifies only with this key rejects them.')}
    </ConfirmButton>
  );
}
