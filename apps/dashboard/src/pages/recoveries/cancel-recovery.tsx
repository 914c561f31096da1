import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import { CancelButton } from '../../components/cancel-button.js';
import { t } from '../../i18n/t.js';

export function CancelRecovery({ recoveryId: id }: { recoveryId: string }) {
  const queryClient = useQueryClient();
  const cancel = api.useMutation('post', '/v1/recoveries/{id}/cancel', {
    meta: { failureShown: true, success: t('Recovery cancelled') },
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/recoveries'] }),
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/recoveries/{id}'] }),
      ]),
  });
  return (
    <CancelButton
      label={t('Cancel recovery')}
      title={t('Cancel this recovery?')}
      confirmLabel={t('Cancel recovery')}
      onConfirm={() => cancel.mutate({ params: { path: { id } } })}
      mutation={cancel}
    >
      <Text>
        {t(
          'Deliveries that were not queued yet do not change. Queued deliveries that had failed before are dropped; those that were waiting for a retry stay pending. Requests in flight continue.',
        )}
      </Text>
    </CancelButton>
  );
}
