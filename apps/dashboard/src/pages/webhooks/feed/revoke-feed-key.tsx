import { client } from '../../../api/api.js';
import { ActionButton } from '../../../components/action.js';
import type { ApiKey } from '../../api-keys/api-key.js';
import { t } from '../../../i18n/t.js';

export function RevokeFeedKey({ feedKey: { id, name, prefix } }: { feedKey: ApiKey }) {
  return (
    <ActionButton
      short={t('Revoke')}
      button={{ size: 'compact-sm' }}
      title={t('Revoke {{name}}?', { name: name || prefix })}
      text={t('The key stops working immediately. Receivers that use it can no longer read the feed.')}
      label={t('Revoke key')}
      danger
      run={() => client.DELETE('/v1/api-keys/{id}', { params: { path: { id } } })}
      done={t('Feed key revoked')}
      invalidates={['/v1/api-keys', '/v1/tenants/{id}']}
    />
  );
}
