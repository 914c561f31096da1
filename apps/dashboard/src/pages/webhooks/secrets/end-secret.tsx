import { client } from '../../../api/api.js';
import { ActionButton } from '../../../components/action.js';
import { t } from '../../../i18n/t.js';

export function EndSecret({ webhookId: id, secretId }: { webhookId: string; secretId: string }) {
  return (
    <ActionButton
      short={t('End')}
      button={{ size: 'compact-sm' }}
      title={t('End this signing secret?')}
      text={t(
        'Requests are no longer signed with it. A receiver that verifies with it rejects them until it uses another secret.',
      )}
      label={t('End secret')}
      danger
      run={() =>
        client.DELETE('/v1/webhooks/{id}/secrets/{secretId}', { params: { path: { id, secretId } } })
      }
      done={t('Signing secret ended')}
      invalidates={['/v1/webhooks/{id}/secrets']}
    />
  );
}
