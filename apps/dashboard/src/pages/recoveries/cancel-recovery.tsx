import { client } from '../../api/api.js';
import { ActionButton } from '../../components/action.js';
import { t } from '../../i18n/t.js';

export function CancelRecovery({ recoveryId: id }: { recoveryId: string }) {
  return (
    <ActionButton
      title={t('Cancel this recovery?')}
      text={t(
        'Deliveries that were not queued yet do not change. Queued deliveries that had failed before are dropped; those that were waiting for a retry stay pending. Requests in flight continue.',
      )}
      label={t('Cancel recovery')}
      run={() => client.POST('/v1/recoveries/{id}/cancel', { params: { path: { id } } })}
      done={t('Recovery cancelled')}
      invalidates={['/v1/recoveries', '/v1/recoveries/{id}']}
    />
  );
}
