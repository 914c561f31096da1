import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { CancelButton } from '../../../components/cancel-button.js';
import { t } from '../../../i18n/t.js';

export function CancelReplay({ replayId: id }: { replayId: string }) {
  const queryClient = useQueryClient();
  const cancel = api.useMutation('post', '/v1/replays/{id}/cancel', {
    meta: { failureShown: true, success: t('Replay cancelled') },
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/replays'] }),
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/replays/{id}'] }),
      ]),
  });
  return (
    <CancelButton
      label={t('Cancel')}
      size="compact-sm"
      title={t('Cancel this replay?')}
      confirmLabel={t('Cancel replay')}
      onConfirm={() => cancel.mutate({ params: { path: { id } } })}
      mutation={cancel}
    >
      <Text>
        {t(
          'Pending deliveries of this replay are dropped, and deliveries that were not queued yet do not change. Requests in flight continue.',
        )}
      </Text>
    </CancelButton>
  );
}
