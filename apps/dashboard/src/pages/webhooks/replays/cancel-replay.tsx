import { client } from '../../../api/api.js';
import { ActionButton } from '../../../components/action.js';
import { t } from '../../../i18n/t.js';

export function CancelReplay({ replayId: id }: { replayId: string }) {
  return (
    <ActionButton
      short={t('Cancel')}
      button={{ size: 'compact-sm' }}
      title={t('Cancel this replay?')}
      text={t(
        'Pending deliveries of this replay are dropped, and deliveries that were not queued yet do not change. Requests in flight continue.',
      )}
      label={t('Cancel replay')}
      run={() => client.POST('/v1/replays/{id}/cancel', { params: { path: { id } } })}
      done={t('Replay cancelled')}
      invalidates={['/v1/replays', '/v1/replays/{id}']}
    />
  );
}
