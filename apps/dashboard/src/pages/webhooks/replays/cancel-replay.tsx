import { api } from '../../../api/api.js';
import { ConfirmButton } from '../../../components/confirm-button.js';
import { t } from '../../../i18n/t.js';

export function CancelReplay({ replayId: id }: { replayId: string }) {
  const cancel = api.useMutation('post', '/v1/replays/{id}/cancel', {
    meta: {
      failureShown: true,
      success: t('Replay cancelled'),
      invalidates: ['/v1/replays', '/v1/replays/{id}'],
    },
  });
  return (
    <ConfirmButton
      label={t('Cancel')}
      button={{ size: 'compact-sm' }}
      title={t('Cancel this replay?')}
      confirmLabel={t('Cancel replay')}
      onConfirm={(options) => cancel.mutate({ params: { path: { id } } }, options)}
      mutation={cancel}
    >
      {t(
        'Pending deliveries of this replay are dropped, and deliveries that were not queued yet do not change. Requests in flight continue.',
      )}
    </ConfirmButton>
  );
}
