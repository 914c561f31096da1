import { api } from '../../../api/api.js';
import { ConfirmButton } from '../../../components/confirm-button.js';
import type { ApiKey } from '../../api-keys/api-key.js';
import { t } from '../../../i18n/t.js';

/** Revokes a key of a feed, after a confirmation. */
export function RevokeFeedKey({ feedKey: { id, name, prefix } }: { feedKey: ApiKey }) {
  const revoke = api.useMutation('delete', '/v1/api-keys/{id}', {
    meta: {
      failureShown: true,
      success: t('Feed key revoked'),
      invalidates: ['/v1/api-keys', '/v1/tenants/{id}'],
    },
  });
  return (
    <ConfirmButton
      label={t('Revoke')}
      button={{ size: 'compact-sm' }}
      danger
      mutation={revoke}
      onConfirm={(options) => revoke.mutate({ params: { path: { id } } }, options)}
      title={t('Revoke {{name}}?', { name: name || prefix })}
      confirmLabel={t('Revoke key')}
    >
      {t('The key stops working immediately. Receivers that use it can no longer read the feed.')}
    </ConfirmButton>
  );
}
