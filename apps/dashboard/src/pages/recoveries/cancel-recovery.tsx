import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.js';
import { CancelButton } from '../../components/cancel-button.js';

export function CancelRecovery({ recoveryId: id }: { recoveryId: string }) {
  const queryClient = useQueryClient();
  const cancel = api.useMutation('post', '/v1/recoveries/{id}/cancel', {
    meta: { failureShown: true, success: 'Recovery cancelled' },
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/recoveries'] }),
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/recoveries/{id}'] }),
      ]),
  });
  return (
    <CancelButton
      label="Cancel recovery"
      title="Cancel this recovery?"
      confirmLabel="Cancel recovery"
      onConfirm={() => cancel.mutate({ params: { path: { id } } })}
      mutation={cancel}
    >
      <Text>
        Deliveries not yet queued stay unchanged. Queued ones that had failed before are dropped; those that
        waited for a retry stay pending. Requests in flight continue.
      </Text>
    </CancelButton>
  );
}
