import { client } from '../../../api/api.js';
import { ActionButton } from '../../../components/action.js';
import { t } from '../../../i18n/t.js';

export function EndSigningKey({ webhookId: id, keyId }: { webhookId: string; keyId: string }) {
  return (
    <ActionButton
      short={t('End')}
      button={{ size: 'compact-sm' }}
      title={t('End this Ed25519 key?')}
      text={t(
        'Requests are no longer signed with it. A receiver that verifies only with this key rejects them.',
      )}
      label={t('End key')}
      danger
      run={() => client.DELETE('/v1/webhooks/{id}/signing-keys/{keyId}', { params: { path: { id, keyId } } })}
      done={t('Ed25519 key ended')}
      invalidates={['/v1/webhooks/{id}/signing-keys']}
    />
  );
}
