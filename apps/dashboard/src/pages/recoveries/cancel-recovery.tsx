import { api } from '../../api/api.js';
import { ConfirmButton } from '../../components/confirm-button.js';
import { t } from '../../i18n/t.js';

export function CancelRecovery({ recoveryId: id }: { recoveryId: string }) {
  const cancel = api.useMutation('post', '/v1/recoveries/{id}/cancel', {
    meta: {
      failureShown: true,
      success: t('Recovery cancelled'),
      invalidates: ['/v1/recoveries', '/v1/recoveries/{id}'],
    },
  });
  return (
    <ConfirmButton
      label={t('Cancel recovery')}
      title={t('Cancel this recovery?')}
      confirmLabel={t('Cancel recovery')}
      onConfirm={(options) => cancel.mutate({ params: { path: { id } } }, options)}
      mutation={cancel}
    >
      {t(
        'Deliveries that were not queued yet do not change. Queued deliveries that had failed before are dropped; those that were waiting for a retry stay pending. Requests in flight continue.',
      )}
    </ConfirmButton>
  );
}
