import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../../api/api.js';
import { CancelButton } from '../../../components/cancel-button.js';

export function CancelReplay({ replayId: id }: { replayId: string }) {
  const queryClient = useQueryClient();
  const cancel = api.useMutation('post', '/v1/replays/{id}/cancel', {
    meta: { failureShown: true, success: 'Replay cancelled' },
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/replays'] }),
        queryClient.invalidateQueries({ queryKey: ['get', '/v1/replays/{id}'] }),
      ]),
  });
  return (
    <CancelButton
      label="Cancel"
      size="compact-sm"
      title="Cancel this replay?"
      confirmLabel="Cancel replay"
      onConfirm={() => cancel.mutate({ params: { path: { id } } })}
      mutation={cancel}
    >
      <Text>
        Pending deliveries of this replay are dropped, and deliveries not yet queued stay unchanged. Requests
        in flight continue.
      </Text>
    </CancelButton>
  );
}
